// From an encoded picture to a network's input on one thread: decoded in strips of rows, each preprocessed
// while it is in the cache. Only the part that the crop needs is decoded.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/dataload/jpeg.hpp"
#include "kernels/dataload/options.hpp"
#include "kernels/dataload/resize_host.hpp"

namespace muster::dataload {

/// Seconds that one thread spent, all pictures together.
struct PictureSeconds {
  double decode = 0, preprocess = 0;
};

/// One for each thread. Nothing is allocated per picture once the largest has been seen.
class PictureWorker {
 public:
  /// `options`: crop, filter, output type, size, scaled.
  explicit PictureWorker(Options const& options);

  /// `key`: crop_key() of the picture; `out`: options.output_spec().bytes() bytes. "" or what is wrong with
  /// the picture; all of `out` is zero bytes then.
  std::string run(std::span<std::byte const> bytes, std::uint64_t key, std::byte* out);

  PictureSeconds const& seconds() const { return seconds_; }
  Region const& region() const { return region_; }  ///< of the last picture: what was decoded for its crop
  int reduction() const { return reduction_; }      ///< of the last picture

 private:
  std::string decode_and_preprocess(std::span<std::byte const> bytes, std::uint64_t key, std::byte* out);
  std::string read_strip(int rows);
  void make_rows(std::byte* out);
  void make_room();
  std::uint8_t* row(int y);

  Options options_;
  JpegDecoder decoder_{};
  HostPreprocessor preprocessor_;
  Region region_{};
  int reduction_ = 1;
  JpegDecoder::Columns columns_{};
  int ready_ = 0;                     ///< source rows below this one are decoded
  std::vector<std::uint8_t> ring_{};  ///< of decoded rows
  std::size_t ring_rows_ = 0, pitch_ = 0;
  std::vector<std::uint8_t*> strip_{};
  std::vector<std::uint8_t const*> rows_{};
  PictureSeconds seconds_{};
};

}  // namespace muster::dataload
