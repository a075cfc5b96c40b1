// Crop, mirror, resize and normalise on the CPU: the separable form of preprocess.hpp, one output row at a
// time, from source rows as they come.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/dataload/jpeg.hpp"
#include "kernels/dataload/preprocess.hpp"

namespace muster::dataload {

/// One for each thread; keeps its memory. Agrees with preprocess_value to preprocess_tolerance.
class HostPreprocessor {
 public:
  explicit HostPreprocessor(OutputSpec const& spec);

  /// A whole decoded picture. `out`: spec.bytes() bytes.
  void run(ImageView const& image, Crop const& crop, std::byte* out);

  // The same in steps, for rows that come one after the other: plan(), then next_row() until it says no.

  /// The pixels that any output value needs, of a picture of width x height.
  Region plan(Crop const& crop, int width, int height);
  /// Source rows that the next output row needs: from first to end - 1; none when all are made.
  struct Rows {
    int first = 0, end = 0;
    bool any() const { return end > first; }
  };
  Rows needed() const;
  int most_rows() const;  ///< that any output row needs
  /// Makes the next output row; rows[i]: pixel region.left of source row needed().first + i.
  void make_row(std::span<std::uint8_t const* const> rows, std::byte* out);

 private:
  /// The weighted source pixels of every output pixel of an axis.
  struct Filters {
    std::vector<int> first{}, count{};
    std::vector<float> weights{};  ///< `stride` for each output pixel: they sum to 1, the rest are zeros
    std::size_t stride = 0;        ///< a multiple of rows_at_once
    float const* of(std::size_t at) const { return weights.data() + at * stride; }
    int end() const { return first.back() + count.back(); }
  };
  /// As resample_pixels() takes them.
  struct Columns {
    std::vector<int> places{};
    std::vector<float> weights{};
    std::size_t taps = 0;
  };

  void plan_axis(Axis const& axis, Filters& filters) const;
  static void weigh(Taps const& taps, Filters& filters, std::size_t at);
  void fix_columns();
  void store(std::size_t channel, std::size_t row, std::byte* out) const;

  OutputSpec spec_;
  Filters down_{}, across_{};
  Columns columns_{};
  Region region_{};
  bool mirror_ = false;
  int next_ = 0;                               ///< output row
  std::vector<float> blended_{};               ///< the region's columns, weighted down
  std::vector<float> resampled_;               ///< `size` pixels of four floats
  std::vector<std::uint8_t const*> rows_{};    ///< of make_row()
  std::vector<std::uint8_t const*> source_{};  ///< of run()
};

}  // namespace muster::dataload
