#include "kernels/dataload/picture_worker_host.hpp"

#include <algorithm>
#include <chrono>

namespace muster::dataload {
namespace {

/// Decoded at a time: two rows of blocks of the usual 4:2:0 picture at most, so that they are still in the
/// cache.
constexpr int strip_rows = 16;

using Clock = std::chrono::steady_clock;

/// Adds the time that it lives to `seconds`.
class Meter {
 public:
  explicit Meter(double& seconds) : seconds_(seconds) {}
  Meter(Meter const&) = delete;
  Meter& operator=(Meter const&) = delete;
  ~Meter() { seconds_ += std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  double& seconds_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace

PictureWorker::PictureWorker(Options const& options)
    : options_(options), preprocessor_(options.output_spec()) {}

std::string PictureWorker::run(std::span<std::byte const> bytes, std::uint64_t key, std::byte* out) {
  std::string why = decode_and_preprocess(bytes, key, out);
  if (!why.empty()) std::fill_n(out, options_.output_spec().bytes(), std::byte{0});
  return why;
}

std::string PictureWorker::decode_and_preprocess(std::span<std::byte const> bytes, std::uint64_t key,
                                                 std::byte* out) {
  {
    Meter const meter(seconds_.decode);
    JpegHeader header;
    if (auto why = decoder_.open(bytes, header); !why.empty()) return why;
    Crop const crop = crop_for(options_, header.width, header.height, key);
    reduction_ = options_.scaled ? reduction_for(crop, options_.size) : 1;
    region_ = preprocessor_.plan(reduced(crop, reduction_), reduced_side(header.width, reduction_),
                                 reduced_side(header.height, reduction_));
    if (auto why = decoder_.begin(region_, reduction_, columns_); !why.empty()) return why;
  }
  make_room();
  ready_ = region_.top;
  for (int const end = region_.top + region_.height; ready_ < end;) {
    if (auto why = read_strip(std::min(strip_rows, end - ready_)); !why.empty()) return why;
    make_rows(out);
  }
  return {};
}

std::string PictureWorker::read_strip(int rows) {
  Meter const meter(seconds_.decode);
  strip_.clear();
  for (int i = 0; i < rows; ++i) strip_.push_back(row(ready_ + i));
  ready_ += rows;
  return decoder_.read(strip_);
}

/// All output rows whose source rows are there.
void PictureWorker::make_rows(std::byte* out) {
  Meter const meter(seconds_.preprocess);
  std::size_t const skip = 3 * static_cast<std::size_t>(region_.left - columns_.left);
  for (auto needed = preprocessor_.needed(); needed.any() && needed.end <= ready_;
       needed = preprocessor_.needed()) {
    rows_.clear();
    for (int y = needed.first; y < needed.end; ++y) rows_.push_back(row(y) + skip);
    preprocessor_.make_row(rows_, out);
  }
}

/// A strip, and before it the rows that the next output row may still need of earlier ones.
void PictureWorker::make_room() {
  ring_rows_ = static_cast<std::size_t>(preprocessor_.most_rows() + strip_rows);
  pitch_ = (3 * static_cast<std::size_t>(columns_.width) + 63) / 64 * 64;
  if (ring_.size() < ring_rows_ * pitch_) ring_.resize(ring_rows_ * pitch_);
}

std::uint8_t* PictureWorker::row(int y) {
  return ring_.data() + static_cast<std::size_t>(y) % ring_rows_ * pitch_;
}

}  // namespace muster::dataload
