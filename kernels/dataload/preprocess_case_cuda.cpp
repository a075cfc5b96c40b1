// dataload/preprocess on a GPU: the fused kernel on decoded pictures in device memory, a whole batch at a
// time.
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
        pictures_(static_cast<std::size_t>(options_.batch) * sizeof(PictureCrop), "the pictures' places"),
        out_(static_cast<std::size_t>(options_.batch) * options_.output_spec().bytes(),
             "a preprocessed batch") {
    refuse_what_is_not_here(options_);
    upload();
    spoil();
  }

  void launch() override {
    preprocess_batch(pictures_.as<PictureCrop>(), options_.batch, options_.output_spec(), out_.as<float>(),
                     device_.info().units, queue_);
    launched_ = true;
  }

  std::vector<std::pair<std::string, std::string>> facts() override { return facts_of(set_); }
  Work work() const override { return {.items = static_cast<std::uint64_t>(options_.batch)}; }

  Verdict verify() override {
    if (!launched_) launch();
    auto const spec = options_.output_spec();
    auto const values = std::make_unique_for_overwrite<std::byte[]>(out_.bytes());
    copy_to_host(values.get(), out_.as(), out_.bytes(), queue_);
    spoil();
    double worst = 0;
    std::size_t where = 0;
    for (std::size_t i = 0; i < static_cast<std::size_t>(options_.batch); ++i) {
      double const error = preprocess_error(values.get() + i * spec.bytes(), spec, host_view(i), crop(i));
      if (error <= worst) continue;  // not a number counts as the worst
      worst = std::isnan(error) ? HUGE_VAL : error;
      where = i;
    }
    return Verdict::judge("whole batch against the per-value formula", worst, preprocess_tolerance,
                          "picture " + std::to_string(where) + " of the batch");
  }

 private:
  ImageView host_view(std::size_t i) const { return images_[i % images_.size()].view(); }
  Crop crop(std::size_t i) const {
    auto const& image = images_[i % images_.size()];
    return crop_for(options_, image.width, image.height,
                    crop_key(seed_, i / images_.size(), i % images_.size()));
  }

  void upload() {
    std::vector<PictureCrop> pictures(static_cast<std::size_t>(options_.batch));
    for (auto const& image : images_) {
      auto const view = image.view();
      auto const bytes = view.pitch * static_cast<std::size_t>(view.height);
      pixels_.emplace_back(bytes, "a decoded picture");
      copy_to_device(pixels_.back().as(), view.pixels, bytes, queue_);
    }
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      pictures[i] = {host_view(i), crop(i)};
      pictures[i].image.pixels = pixels_[i % pixels_.size()].as<std::uint8_t>();
    }
    copy_to_device(pictures_.as(), pictures.data(), pictures_.bytes(), queue_);
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
  std::vector<DeviceBuffer> pixels_{};
  DeviceBuffer pictures_, out_;
  bool launched_ = false;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return std::make_unique<GpuPreprocess>(params, context);
}

MakerRegistration const registration{"dataload/preprocess", &make};

}  // namespace
}  // namespace muster::cuda
