// JPEG on the CPU by libjpeg-turbo: header, decode, encode.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/dataload/preprocess.hpp"

namespace muster::dataload {

/// Pictures beyond this are left out of a set: a header may claim anything.
inline constexpr std::uint64_t largest_picture = 100'000'000;  // pixels

/// A decoded picture that keeps its memory for the next one.
struct ImageBuffer {
  std::vector<std::uint8_t> pixels{};
  int width = 0, height = 0;

  ImageView view() const { return {pixels.data(), width, height, static_cast<std::size_t>(width) * 3}; }
  /// Grows when needed; never shrinks.
  void resize(int new_width, int new_height);
};

struct JpegHeader {
  int width = 0, height = 0;
  bool cmyk = false;  ///< CMYK or YCCK: four channels, which no RGB decoder takes
};

/// A decompressor of its own for each thread.
class JpegDecoder {
 public:
  JpegDecoder();
  /// Absent when the bytes do not begin as a JPEG does; `why` then says what libjpeg-turbo said.
  std::optional<JpegHeader> header(std::span<std::byte const> bytes, std::string& why);
  /// To RGB (grey is widened to three equal channels). "" or what went wrong; a warning, such as that data
  /// ended early, counts as going wrong. On failure `image` holds zeros, or what could be decoded.
  /// `reduction`: 1, 2, 4 or 8; sides are divided by it and rounded up.
  std::string decode(std::span<std::byte const> bytes, ImageBuffer& image, int reduction = 1);

 private:
  struct Close {
    void operator()(void* handle) const noexcept;
  };
  std::unique_ptr<void, Close> handle_;
};

/// Why the bytes cannot be a record, or "" with the picture's header in `header`: "empty", "not a JPEG",
/// "truncated", "CMYK", "larger than 100 Mpixel", or a warning of the decoder. Decodes the picture.
std::string fault_of(std::span<std::byte const> bytes, JpegDecoder& decoder, ImageBuffer& scratch,
                     JpegHeader& header);

}  // namespace muster::dataload
