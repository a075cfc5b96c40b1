// dataload/preprocess on a GPU: the fused kernel on decoded pictures in device memory, a whole batch at a
// time.
#include <algorithm>
#include <cmath>

#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/jpeg.hpp"
#include "kernels/dataload/options.hpp"
#include "kernels/dataload/preprocess_cuda.hpp"

namespace muster::cuda {

using namespace dataload;

namespace {

constexpr std::size_t decoded_memory = std::size_t{512} << 20;

/// The set's first pictures, decoded by libjpeg-turbo: as many as the batch and the memory take.
std::vector<ImageBuffer> decode_some(RecordSet const& set, int batch) {
  std::vector<ImageBuffer> images;
  JpegDecoder decoder;
  std::size_t bytes = 0;
  for (auto const& record : set.records) {
    if (images.size() == static_cast<std::size_t>(batch) || bytes > decoded_memory) break;
    auto const why = decoder.decode(read_plainly(set, record), images.emplace_back());
    if (!why.empty())
      throw BadInput("cannot decode " + describe(set, record) + " (" + why + "); remove that file");
    bytes += images.back().pixels.size();
  }
  return images;
}

class GpuPreprocess final : public Instance {
 public:
  GpuPreprocess(Params const& params, Context& context)
      : device_(context.device),
        queue_(static_cast<cudaStream_t>(device_.queue())),
        options_(options_from(params)),
        set_(open_records(options_, context)),
        images_(decode_some(set_, options_.batch)),
        seed_(context.seed),
        prepared_(options_.batch),
        out_(prepared_.pictures().size() * options_.output_spec().bytes(), "a preprocessed batch") {
    refuse_what_is_not_here(options_);
    upload();
    spoil();
  }

  void launch() override {
    prepared_.preprocess(options_.output_spec(), out_.as(), queue_);
    launched_ = true;
  }

  std::vector<std::pair<std::string, std::string>> facts() override { return facts_of(set_); }
  Work work() const override { return {.items = prepared_.pictures().size()}; }

  Verdict verify() override {
    if (!launched_) launch();
    auto const spec = options_.output_spec();
    auto const values = std::make_unique_for_overwrite<std::byte[]>(out_.bytes());
    copy_to_host(values.get(), out_.as(), out_.bytes(), queue_);
    spoil();
    double worst = 0;
    std::size_t where = 0;
    for (std::size_t i = 0; i < prepared_.pictures().size(); ++i) {
      double const error = preprocess_error(values.get() + i * spec.bytes(), spec, image(i).view(), crop(i));
      if (error <= worst) continue;  // not a number counts as the worst
      worst = std::isnan(error) ? HUGE_VAL : error;
      where = i;
    }
    return Verdict::judge("whole batch against the per-value formula", worst, preprocess_tolerance,
                          "picture " + std::to_string(where) + " of the batch");
  }

  /// What memory could move of the bytes that are needed.
  std::optional<Bound> bound() override {
    auto const memory = device_.memory_bandwidth();
    if (!memory) return std::nullopt;
    return Bound{memory->name, memory->value / bytes_per_picture(), "images/s", memory->clock_hz};
  }

  std::vector<Figure> figures() override { return {{"bytes_per_image", bytes_per_picture(), "B"}}; }

 private:
  ImageBuffer const& image(std::size_t i) const { return images_[i % images_.size()]; }
  Crop crop(std::size_t i) const {
    auto const key = crop_key(seed_, i / images_.size(), i % images_.size());
    return crop_for(options_, image(i).width, image(i).height, key);
  }

  /// Read and written: the crop's pixels once, the output once.
  double bytes_per_picture() const {
    double sum = 0;
    for (auto const& picture : prepared_.pictures()) {
      double const rows = picture.down.high - picture.down.low;
      double const columns = picture.across.high - picture.across.low;
      sum += 3 * rows * columns;
    }
    return sum / static_cast<double>(prepared_.pictures().size()) +
           static_cast<double>(options_.output_spec().bytes());
  }

  /// Every picture of the batch has pixels of its own, though there may be fewer different ones: what is
  /// measured must come from memory.
  void upload() {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < prepared_.pictures().size(); ++i)
      bytes += device_bytes(image(i).width, image(i).height);
    pixels_ = DeviceBuffer(bytes, "decoded pictures");
    auto* at = pixels_.as<std::uint8_t>();
    for (std::size_t i = 0; i < prepared_.pictures().size(); ++i) {
      prepared_.pictures()[i] = prepare(put(image(i).view(), at), crop(i), options_.output_spec());
      at += device_bytes(image(i).width, image(i).height);
    }
    prepared_.bring(queue_);
    device_.wait();
  }

  ImageView put(ImageView const& from, std::uint8_t* to) {
    auto const pitch = device_pitch(from.width);
    std::vector<std::uint8_t> padded(pitch * static_cast<std::size_t>(from.height));
    for (std::size_t y = 0; y < static_cast<std::size_t>(from.height); ++y)
      std::copy_n(from.pixels + y * from.pitch, from.pitch, padded.data() + y * pitch);
    copy_to_device(to, padded.data(), padded.size(), queue_);
    return {to, from.width, from.height, pitch};
  }

  /// What was checked once must not be found again by a later check: all NaN.
  void spoil() {
    check(cudaMemsetAsync(out_.as(), 0xFF, out_.bytes(), queue_), "cudaMemsetAsync");
    launched_ = false;
  }

  Device& device_;
  cudaStream_t queue_;
  Options options_;
  RecordSet set_;
  std::vector<ImageBuffer> images_;
  std::uint64_t seed_;
  DeviceBuffer pixels_{};
  PreparedBatch prepared_;
  DeviceBuffer out_;
  bool launched_ = false;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return std::make_unique<GpuPreprocess>(params, context);
}

MakerRegistration const registration{"dataload/preprocess", &make};

}  // namespace
}  // namespace muster::cuda
