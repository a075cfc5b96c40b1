#include "kernels/dataload/scaled_check_host.hpp"

#include <algorithm>
#include <atomic>
#include <optional>

#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/picture_worker_host.hpp"

namespace muster::dataload {
namespace {

/// How far a picture was reduced for its crop.
int reduction_of(Options const& options, EncodedImage const& image, std::uint64_t key, JpegDecoder& decoder) {
  std::string why;
  auto const header = decoder.header(image.bytes, why);
  if (!header) return 1;
  return reduction_for(crop_for(options, header->width, header->height, key), options.size);
}

}  // namespace

std::vector<double> scaled_psnr(Options const& options, std::uint64_t seed,
                                std::span<EncodedImage const> images, std::span<std::byte const> values,
                                Team& team) {
  std::vector<std::optional<double>> found(images.size());
  auto const spec = options.output_spec();
  Options whole = options;
  whole.scaled = false;
  std::atomic<std::size_t> next{0};
  team.run([&](int) {
    PictureWorker worker(whole);
    JpegDecoder decoder;
    std::vector<std::byte> out(spec.bytes());
    for (std::size_t i = next++; i < images.size(); i = next++) {
      auto const key = crop_key(seed, images[i].epoch, images[i].record);
      if (reduction_of(options, images[i], key, decoder) == 1) continue;
      if (!worker.run(images[i].bytes, key, out.data()).empty()) continue;  // the decoding check names it
      found[i] = output_psnr(values.data() + i * spec.bytes(), out.data(), spec);
    }
  });
  std::vector<double> decibels;
  for (auto const& one : found) {
    if (one) decibels.push_back(*one);
  }
  return decibels;
}

std::vector<Figure> psnr_figures(std::vector<double> decibels) {
  if (decibels.empty()) return {};
  std::ranges::sort(decibels);
  return {{"scaled_psnr", decibels[decibels.size() / 2], "dB"}, {"scaled_psnr_min", decibels.front(), "dB"}};
}

}  // namespace muster::dataload
