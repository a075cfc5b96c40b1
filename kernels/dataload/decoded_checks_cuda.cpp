#include "kernels/dataload/decoded_checks_cuda.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "kernels/contract/error.hpp"
#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/jpeg.hpp"
#include "kernels/dataload/preprocess_cuda.hpp"

namespace muster::cuda {

using namespace dataload;

namespace {

constexpr double most_db = 99;

ImageBuffer download(GpuDecoder::Slot const& slot, cudaStream_t stream) {
  ImageBuffer image;
  image.resize(slot.view.width, slot.view.height);
  copy_to_host(image.pixels.data(), slot.view.pixels,
               slot.view.pitch * static_cast<std::size_t>(slot.view.height), stream);
  return image;
}

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

double rms_of(EncodedImage const& image, Crop const& crop, std::byte const* values, OutputSpec const& spec,
              JpegDecoder& decoder, ImageBuffer& pixels) {
  auto const why = decoder.decode(image.bytes, pixels);
  return why.empty() ? preprocess_rms(values, spec, pixels.view(), crop) : HUGE_VAL;
}

}  // namespace

void refuse_what_is_not_here(Options const& options) {
  if (options.output != Output::float32)
    throw Unsupported("the cuda backend writes float32 only; use output = float32");
  if (options.scaled)
    throw Unsupported("the cuda backend does not decode at a reduced scale; use scaled = off");
}

Verdict check_decoded(RecordSet const& set, GpuDecoder const& decoder, std::span<EncodedImage const> images,
                      cudaStream_t stream) {
  JpegDecoder reference;
  ImageBuffer pixels;
  Worst worst;
  for (auto const& slot : decoder.slots()) {
    if (slot.run != decoder.runs()) continue;
    auto const& image = images[slot.index];
    auto const why = reference.decode(image.bytes, pixels);
    double const db = why.empty() ? psnr(download(slot, stream).view(), pixels.view()) : -1;
    worst.add(most_db - db, image.record);
  }
  return Verdict::judge("99 dB less the PSNR against libjpeg-turbo", worst.error(),
                        most_db - decoders_agree_db, describe(set, set.records[worst.record()]));
}

Crop Preprocessing::crop(RecordSet const& set, EncodedImage const& image) const {
  auto const& record = set.records[image.record];
  return crop_for(options, record.width, record.height, crop_key(seed, image.epoch, image.record));
}

Verdict check_preprocessed(RecordSet const& set, GpuDecoder const& decoder,
                           std::span<EncodedImage const> images, std::byte const* values,
                           Preprocessing const& asked, cudaStream_t stream) {
  Worst worst;
  auto const spec = asked.options.output_spec();
  for (auto const& slot : decoder.slots()) {
    if (slot.run != decoder.runs()) continue;
    auto const image = download(slot, stream);
    Crop const crop = asked.crop(set, images[slot.index]);
    worst.add(preprocess_error(values + slot.index * spec.bytes(), spec, image.view(), crop), slot.index);
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
    JpegDecoder decoder;
    ImageBuffer pixels;
    for (std::size_t i = next++; i < images.size(); i = next++) {
      Crop const crop = asked.crop(set, images[i]);
      errors[i] = rms_of(images[i], crop, values + i * spec.bytes(), spec, decoder, pixels);
    }
  });
  Worst worst;
  for (std::size_t i = 0; i < images.size(); ++i) worst.add(errors[i], images[i].record);
  return Verdict::judge("root mean square against libjpeg-turbo and the per-value formula", worst.error(),
                        rms_limit(), describe(set, set.records[worst.record()]));
}

}  // namespace muster::cuda
