// One plane of a synthetic picture.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace muster::dataload {

struct PlaneSpec {
  int width = 0, height = 0;
  int coarsest = 8;         ///< log2 of the coarsest octave's cell, in pixels of this plane
  double amplitude = 0;     ///< of the coarsest octave, grey levels
  double falloff = 0.8;     ///< each finer octave is 2^-falloff times as strong
  double sensor_noise = 0;  ///< standard deviation, grey levels
  int cell_shift = 0;       ///< 1: rectangles are given in twice this plane's pixels (4:2:0 chroma)
};

/// Flat areas, in luma pixels, with one value per plane.
struct FlatRectangle {
  int left = 0, top = 0, right = 0, bottom = 0;
  std::uint8_t value = 0;
};

/// Makes planes and keeps its memory between them.
class NoisePlane {
 public:
  /// Row-major width x height bytes around 128; valid until the next call.
  std::span<std::uint8_t const> make(PlaneSpec const& spec, std::span<FlatRectangle const> rectangles,
                                     std::uint64_t seed);

 private:
  /// A grid of values in 1/32 grey level.
  struct Grid {
    int width = 0, height = 0;
    std::vector<std::int16_t> values{};
    std::int16_t* row(int y) {
      return values.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
    }
    void resize(int new_width, int new_height);
  };

  static void add_lattice(Grid& grid, double amplitude, std::uint64_t seed);
  static void refine(Grid& coarse, Grid& fine, int width, int height);
  static void flatten(Grid& grid, std::span<FlatRectangle const> rectangles, int shift);
  void finish(Grid& grid, PlaneSpec const& spec, std::uint64_t seed);

  Grid first_{}, second_{};
  std::vector<std::uint8_t> bytes_{};
};

}  // namespace muster::dataload
