// Pictures that compress and decode as photographs do, made from numbers alone.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace muster::dataload {

/// Raised when the same arguments would give other pictures: part of the cached set's name.
inline constexpr int generator_version = 1;

inline constexpr std::uint64_t usual_picture_seed = 0x6D757374'65720000ull + generator_version;

struct Extent {
  int width = 0, height = 0;
};

/// What all pictures of a set share.
struct PictureStyle {
  std::uint64_t seed = usual_picture_seed;
  int quality = 95;
  double sensor_noise = 3.1;  ///< deviation in luma, grey levels
};

/// Size of picture `index` of a set: the area follows ImageNet's (lognormal with sigma 1.026 around the
/// median given, cut at 1/16 and 16 times it), one in four stands upright.
Extent picture_extent(std::uint64_t index, Extent median, std::uint64_t seed = usual_picture_seed);

/// Makes pictures: 8 octaves of value noise with amplitude 2^(-0.8 octave) (chroma 2^(-1.3 octave)), a dozen
/// flat rectangles, sensor noise; JPEG 4:2:0. Measured here in the usual style: 500 x 375 gives 66
/// kB (ImageNet's median, 65.8 kB), and a set of 2000 has a mean of 106 kB (ImageNet: 111 kB, DLIO's
/// jpeg_generator.rst). One maker for each thread; whole-number arithmetic, so the same pixels everywhere.
class PictureMaker {
 public:
  explicit PictureMaker(PictureStyle const& style = {});
  ~PictureMaker();
  PictureMaker(PictureMaker const&) = delete;
  PictureMaker& operator=(PictureMaker const&) = delete;
  /// The encoded picture; valid until the next call. Throws DeviceError when libjpeg-turbo fails.
  std::span<std::byte const> make(std::uint64_t index, Extent extent);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace muster::dataload
