#include "kernels/dataload/decoded_checks_cuda.hpp"

#include <turbojpeg.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/jpeg.hpp"

namespace muster::cuda {

using namespace dataload;

namespace {

constexpr double most_db = 99;

/// Rows without padding, as the decoders on the host make them.
ImageBuffer download(JpegTarget const& picture, cudaStream_t stream) {
  auto const height = static_cast<std::size_t>(picture.height);
  std::vector<std::uint8_t> padded(picture.pitch * height);
  copy_to_host(padded.data(), picture.pixels, padded.size(), stream);
  ImageBuffer image;
  image.resize(picture.width, picture.height);
  std::size_t const row = static_cast<std::size_t>(picture.width) * 3;
  for (std::size_t y = 0; y < height; ++y)
    std::copy_n(padded.data() + y * picture.pitch, row, image.pixels.data() + y * row);
  return image;
}

/// Up to 32 pictures by each way of decoding, evenly spread.
std::vector<std::size_t> some_of(DecodedBatch const& batch) {
  constexpr std::size_t most = 32;
  std::vector<std::size_t> chosen;
  for (auto const by : {DecodedBatch::By::call, DecodedBatch::By::lanes}) {
    auto const count = static_cast<std::size_t>(std::ranges::count(batch.by, by));
    std::size_t const step = std::max<std::size_t>((count + most - 1) / most, 1);
    std::size_t seen = 0;
    for (std::size_t i = 0; i < batch.by.size(); ++i) {
      if (batch.by[i] == by && seen++ % step == 0) chosen.push_back(i);
    }
  }
  return chosen;
}

/// libjpeg-turbo both ways of making up the colours between samples.
class Reference {
 public:
  Reference() : handle_(tjInitDecompress()) {}
  Reference(Reference const&) = delete;
  Reference& operator=(Reference const&) = delete;
  ~Reference() { tjDestroy(handle_); }

  /// The better PSNR of the two; -1 where it cannot be decoded. `image`: what is at `target`.
  double nearest(ImageView const& image, JpegTarget const& target) {
    double best = -1;
    for (int const flags : {0, TJFLAG_FASTUPSAMPLE}) {
      if (!decode(target.picture_width, target.picture_height, target.bytes, flags)) continue;
      best = std::max(best, psnr(image, part_of(pixels_.view(), target)));
    }
    return best;
  }

  /// The smaller difference of `values` from the formula applied to either, as a root mean square; infinite
  /// where it cannot be decoded. `record`: the picture's.
  double least_rms(Record const& record, EncodedImage const& image, Crop const& crop, std::byte const* values,
                   OutputSpec const& spec) {
    double best = HUGE_VAL;
    for (int const flags : {0, TJFLAG_FASTUPSAMPLE}) {
      if (decode(record.width, record.height, image.bytes, flags))
        best = std::min(best, preprocess_rms(values, spec, pixels_.view(), crop));
    }
    return best;
  }

 private:
  static ImageView part_of(ImageView const& whole, JpegTarget const& target) {
    auto const* const first = whole.pixels + static_cast<std::size_t>(target.top) * whole.pitch +
                              3 * static_cast<std::size_t>(target.left);
    return {first, target.width, target.height, whole.pitch};
  }
  bool decode(int width, int height, std::span<std::byte const> bytes, int flags) {
    pixels_.resize(width, height);
    return tjDecompress2(handle_, reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(),
                         pixels_.pixels.data(), width, 0, height, TJPF_RGB, flags) == 0;
  }
  tjhandle handle_;
  ImageBuffer pixels_{};
};

/// The worst of many pictures, and which it was.
class Worst {
 public:
  void add(double error, std::size_t record) {
    // Not a number counts as the worst.
    if (error <= error_) return;
    error_ = std::isnan(error) ? HUGE_VAL : error;
    record_ = record;
  }
  double error() const { return error_; }
  std::size_t record() const { return record_; }

 private:
  double error_ = 0;
  std::size_t record_ = 0;
};

/// 40 dB is a root mean square of 2.55 of 255 steps; the formula divides by 255 and by the smallest
/// deviation.
double rms_limit() { return std::pow(10.0, -decoders_agree_db / 20) / 0.224; }

}  // namespace

Verdict check_decoded(RecordSet const& set, DecodedBatch const& batch, std::span<EncodedImage const> images,
                      cudaStream_t stream) {
  Reference reference;
  Worst worst;
  for (auto const i : some_of(batch)) {
    auto const image = download(batch.pictures[i], stream);
    worst.add(most_db - reference.nearest(image.view(), batch.pictures[i]), images[i].record);
  }
  return Verdict::judge("99 dB less the PSNR against libjpeg-turbo", worst.error(),
                        most_db - decoders_agree_db, describe(set, set.records[worst.record()]));
}

Crop Preprocessing::crop(RecordSet const& set, EncodedImage const& image) const {
  auto const& record = set.records[image.record];
  return crop_for(options, record.width, record.height, crop_key(seed, image.epoch, image.record));
}

Verdict check_preprocessed(RecordSet const& set, DecodedBatch const& batch,
                           std::span<EncodedImage const> images, std::byte const* values,
                           Preprocessing const& asked, cudaStream_t stream) {
  Worst worst;
  auto const spec = asked.options.output_spec();
  for (auto const i : some_of(batch)) {
    auto const image = download(batch.pictures[i], stream);
    Crop const crop = batch.pictures[i].moved(asked.crop(set, images[i]));
    worst.add(preprocess_error(values + i * spec.bytes(), spec, image.view(), crop), i);
  }
  return Verdict::judge("fused kernel against the per-value formula", worst.error(), preprocess_tolerance,
                        "picture " + std::to_string(worst.record()) + " of the batch");
}

Verdict check_batch(RecordSet const& set, std::span<EncodedImage const> images, std::byte const* values,
                    Preprocessing const& asked, Team& team) {
  std::vector<double> errors(images.size());
  auto const spec = asked.options.output_spec();
  std::atomic<std::size_t> next{0};
  team.run([&](int) {
    Reference reference;
    for (std::size_t i = next++; i < images.size(); i = next++) {
      errors[i] = reference.least_rms(set.records[images[i].record], images[i], asked.crop(set, images[i]),
                                      values + i * spec.bytes(), spec);
    }
  });
  Worst worst;
  for (std::size_t i = 0; i < images.size(); ++i) worst.add(errors[i], images[i].record);
  return Verdict::judge("root mean square against libjpeg-turbo and the per-value formula", worst.error(),
                        rms_limit(), describe(set, set.records[worst.record()]));
}

}  // namespace muster::cuda
