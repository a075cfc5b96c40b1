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

struct Extent {
  int width = 0, height = 0;
};

/// Size of picture `index` of a set: the area follows ImageNet's (lognormal with sigma 1.026 around the
/// median given, cut at 1/16 and 16 times it), one in four stands upright.
Extent picture_extent(std::uint64_t index, Extent median);

/// Makes pictures: 8 octaves of value noise with amplitude 2^(-0.8 octave) (chroma 2^(-1.3 octave)), a dozen
/// flat rectangles, sensor noise of deviation 3.1; JPEG quality 95, 4:2:0. Measured here: 500 x 375 gives 66
/// kB (ImageNet's median, 65.8 kB), and a set of 2000 has a mean of 106 kB (ImageNet: 111 kB, DLIO's
/// jpeg_generator.rst). One maker for each thread; whole-number arithmetic, so the same pixels everywhere.
class PictureMaker {
 public:
  PictureMaker();
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
