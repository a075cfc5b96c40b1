#include "kernels/dataload/resize_host.hpp"

#include <cstddef>

namespace muster::dataload {

HostPreprocessor::HostPreprocessor(int size) : size_(size), across_(static_cast<std::size_t>(size)) {}

void HostPreprocessor::run(ImageView const& image, float* out) {
  Crop const crop = centre_crop(image.width, image.height, size_);
  for (int x = 0; x < size_; ++x)
    across_[static_cast<std::size_t>(x)] = tap_at(crop.left, crop.step, x, image.width);
  first_column_ = across_.front().low;
  columns_ = across_.back().high - first_column_ + 1;
  row_.resize(3 * static_cast<std::size_t>(columns_));
  for (auto& tap : across_) {
    tap.low = 3 * (tap.low - first_column_);
    tap.high = 3 * (tap.high - first_column_);
  }
  for (int y = 0; y < size_; ++y) {
    blend_rows(image, tap_at(crop.top, crop.step, y, image.height));
    resample_row(out + static_cast<std::ptrdiff_t>(y) * size_);
  }
}

void HostPreprocessor::blend_rows(ImageView const& image, Tap const& down) {
  std::size_t const skip = 3 * static_cast<std::size_t>(first_column_);
  std::uint8_t const* const upper = image.pixels + static_cast<std::size_t>(down.low) * image.pitch + skip;
  std::uint8_t const* const lower = image.pixels + static_cast<std::size_t>(down.high) * image.pitch + skip;
  float* const row = row_.data();
  auto const count = static_cast<int>(row_.size());
  for (int i = 0; i < count; ++i) {
    float const above = static_cast<float>(upper[i]);
    row[i] = above + down.weight * (static_cast<float>(lower[i]) - above);
  }
}

void HostPreprocessor::resample_row(float* out) const {
  std::size_t const plane = static_cast<std::size_t>(size_) * static_cast<std::size_t>(size_);
  float const* const row = row_.data();
  for (int channel = 0; channel < 3; ++channel) {
    float const scale = channel_scale(channel), shift = channel_shift(channel);
    float* const to = out + static_cast<std::size_t>(channel) * plane;
    for (int x = 0; x < size_; ++x) {
      Tap const tap = across_[static_cast<std::size_t>(x)];
      float const left = row[tap.low + channel], right = row[tap.high + channel];
      to[x] = (left + tap.weight * (right - left)) * scale + shift;
    }
  }
}

}  // namespace muster::dataload
