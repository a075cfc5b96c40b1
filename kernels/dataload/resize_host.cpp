#include "kernels/dataload/resize_host.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/contract/float16.hpp"

namespace muster::dataload {

HostPreprocessor::HostPreprocessor(OutputSpec const& spec) : spec_(spec) {}

void HostPreprocessor::run(ImageView const& image, Crop const& crop, std::byte* out) {
  plan(axis_of(crop.top, crop.height, image.height, spec_.filter, spec_.size), down_, down_weights_);
  plan(axis_of(crop.left, crop.width, image.width, spec_.filter, spec_.size), across_, across_weights_);
  Taps const& last = across_.back().taps;
  first_column_ = across_.front().taps.first;
  row_.resize(3 * static_cast<std::size_t>(last.first + last.count - first_column_));
  std::size_t const line = static_cast<std::size_t>(spec_.size) * bytes_of(spec_.type);
  for (std::size_t y = 0; y < down_.size(); ++y) {
    resample_down(image, down_[y]);
    for (std::size_t channel = 0; channel < 3; ++channel) {
      resample_across(crop, static_cast<int>(channel), out + (channel * down_.size() + y) * line);
    }
  }
}

void HostPreprocessor::plan(Axis const& axis, std::vector<Span>& spans, std::vector<float>& weights) const {
  spans.clear();
  weights.clear();
  for (int at = 0; at < spec_.size; ++at) {
    Taps const taps = taps_at(axis, at);
    spans.push_back({taps, weights.size()});
    float sum = 0;
    for (int i = 0; i < taps.count; ++i) sum += weights.emplace_back(weight_at(taps, taps.first + i));
    for (std::size_t i = spans.back().weights; i < weights.size(); ++i) weights[i] /= sum;
  }
}

void HostPreprocessor::resample_down(ImageView const& image, Span const& down) {
  std::ranges::fill(row_, 0.0f);
  std::size_t const skip = 3 * static_cast<std::size_t>(first_column_);
  for (int y = 0; y < down.taps.count; ++y) {
    auto const* const from =
        image.pixels + static_cast<std::size_t>(down.taps.first + y) * image.pitch + skip;
    float const weight = down_weights_[down.weights + static_cast<std::size_t>(y)];
    for (std::size_t i = 0; i < row_.size(); ++i) row_[i] += weight * static_cast<float>(from[i]);
  }
}

void HostPreprocessor::resample_across(Crop const& crop, int channel, std::byte* out) {
  float const scale = channel_scale(channel), shift = channel_shift(channel);
  for (int x = 0; x < spec_.size; ++x) {
    Span const& across = across_[static_cast<std::size_t>(x)];
    float const* const from = row_.data() + 3 * (across.taps.first - first_column_) + channel;
    float const* const weights = across_weights_.data() + across.weights;
    float sum = 0;
    for (int i = 0; i < across.taps.count; ++i) sum += weights[i] * from[3 * i];
    store(sum * scale + shift, out, column_of(crop, spec_.size, x));
  }
}

void HostPreprocessor::store(float value, std::byte* out, int at) const {
  if (spec_.type == Output::float32) {
    std::memcpy(out + static_cast<std::ptrdiff_t>(at) * 4, &value, 4);
    return;
  }
  std::uint16_t const bits = spec_.type == Output::float16 ? to_fp16(value) : to_bf16(value);
  std::memcpy(out + static_cast<std::ptrdiff_t>(at) * 2, &bits, 2);
}

}  // namespace muster::dataload
