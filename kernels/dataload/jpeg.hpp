// JPEG decoding on the CPU by libjpeg-turbo: header, whole pictures, parts of them row by row.
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

/// A part of a picture in its pixels.
struct Region {
  int left = 0, top = 0, width = 0, height = 0;
};

/// Pixels on one side of a picture that is decoded at 1 / `reduction` of its size.
constexpr int reduced_side(int pixels, int reduction) { return (pixels + reduction - 1) / reduction; }

/// A decompressor of its own for each thread. All pixels come as RGB (grey is widened to three equal
/// channels); `reduction` is 1, 2, 4 or 8. A warning of libjpeg-turbo, such as that data ended early, counts
/// as a fault.
class JpegDecoder {
 public:
  JpegDecoder();
  JpegDecoder(JpegDecoder&&) noexcept;
  JpegDecoder& operator=(JpegDecoder&&) noexcept;
  ~JpegDecoder();

  /// Absent when the bytes do not begin as a JPEG does; `why` then says what libjpeg-turbo said.
  std::optional<JpegHeader> header(std::span<std::byte const> bytes, std::string& why);

  /// The whole picture; "" or what went wrong. On failure `image` holds what could be decoded and zeros.
  std::string decode(std::span<std::byte const> bytes, ImageBuffer& image, int reduction = 1);

  // Part of a picture, row by row: open(), begin(), read() as often as there are rows. Each gives "" or what
  // went wrong, after which the next call is open(). `bytes` must stay until then. What lies after the last
  // row that is read is not looked at: damage there is not seen.

  /// Refuses what cannot be decoded, by name: "empty", "not a JPEG", "CMYK", "larger than 100 Mpixel", ...
  std::string open(std::span<std::byte const> bytes, JpegHeader& header);
  /// Goes to the first row of `region`, which lies in the reduced picture. Rows come with some columns on
  /// both sides, as `columns` says: the pixels within the region are those of the whole picture.
  struct Columns {
    int left = 0, width = 0;
  };
  std::string begin(Region const& region, int reduction, Columns& columns);
  /// The next rows, each to 3 * columns.width bytes.
  std::string read(std::span<std::uint8_t* const> rows);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Why the bytes cannot be a record, or "" with the picture's header in `header`: "empty", "not a JPEG",
/// "truncated", "CMYK", "larger than 100 Mpixel", or a warning of the decoder. Decodes the picture.
std::string fault_of(std::span<std::byte const> bytes, JpegDecoder& decoder, ImageBuffer& scratch,
                     JpegHeader& header);

}  // namespace muster::dataload
