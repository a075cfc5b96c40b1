#include "kernels/dataload/resize_host.hpp"

#include <algorithm>

#include "kernels/dataload/resize_loops_host.hpp"

namespace muster::dataload {

HostPreprocessor::HostPreprocessor(OutputSpec const& spec)
    : spec_(spec), resampled_(4 * static_cast<std::size_t>(spec.size)) {}

void HostPreprocessor::run(ImageView const& image, Crop const& crop, std::byte* out) {
  plan(crop, image.width, image.height);
  for (Rows rows = needed(); rows.any(); rows = needed()) {
    source_.clear();
    for (int y = rows.first; y < rows.end; ++y) {
      source_.push_back(image.pixels + static_cast<std::size_t>(y) * image.pitch + 3 * region_.left);
    }
    make_row(source_, out);
  }
}

Region HostPreprocessor::plan(Crop const& crop, int width, int height) {
  plan_axis(axis_of(crop.top, crop.height, height, spec_.filter, spec_.size), down_);
  plan_axis(axis_of(crop.left, crop.width, width, spec_.filter, spec_.size), across_);
  mirror_ = crop.mirror;
  next_ = 0;
  region_ = {across_.first.front(), down_.first.front(), across_.end() - across_.first.front(),
             down_.end() - down_.first.front()};
  fix_columns();
  std::size_t const values = 3 * static_cast<std::size_t>(region_.width);
  blended_.resize(values + 1);  // the last pixel is read as four floats
  return region_;
}

void HostPreprocessor::plan_axis(Axis const& axis, Filters& filters) const {
  auto const size = static_cast<std::size_t>(spec_.size);
  filters.first.resize(size);
  filters.count.resize(size);
  int most = 0;
  for (std::size_t at = 0; at < size; ++at) {
    Taps const taps = taps_at(axis, static_cast<int>(at));
    filters.first[at] = taps.first;
    filters.count[at] = taps.count;
    most = std::max(most, taps.count);
  }
  filters.stride = (static_cast<std::size_t>(most) + rows_at_once - 1) / rows_at_once * rows_at_once;
  filters.weights.assign(size * filters.stride, 0.0f);
  for (std::size_t at = 0; at < size; ++at) weigh(taps_at(axis, static_cast<int>(at)), filters, at);
}

void HostPreprocessor::weigh(Taps const& taps, Filters& filters, std::size_t at) {
  float* const weights = filters.weights.data() + at * filters.stride;
  float sum = 0;
  for (int i = 0; i < taps.count; ++i) sum += weights[i] = weight_at(taps, taps.first + i);
  for (int i = 0; i < taps.count; ++i) weights[i] /= sum;
}

/// All output columns get the same number of taps, with zeros among them, within the region; a mirrored
/// picture's come from right to left.
void HostPreprocessor::fix_columns() {
  auto const size = static_cast<std::size_t>(spec_.size);
  int const taps = std::ranges::max(across_.count);
  int const last = region_.left + region_.width - taps;
  columns_.places.resize(size);
  columns_.weights.assign(size * static_cast<std::size_t>(taps), 0.0f);
  columns_.taps = static_cast<std::size_t>(taps);
  for (std::size_t at = 0; at < size; ++at) {
    std::size_t const x = mirror_ ? size - 1 - at : at;
    int const first = std::min(across_.first[at], last);
    columns_.places[x] = 3 * (first - region_.left);
    std::copy_n(across_.of(at), across_.count[at],
                columns_.weights.data() + x * columns_.taps + (across_.first[at] - first));
  }
}

HostPreprocessor::Rows HostPreprocessor::needed() const {
  if (next_ == spec_.size) return {};
  auto const at = static_cast<std::size_t>(next_);
  return {down_.first[at], down_.first[at] + down_.count[at]};
}

int HostPreprocessor::most_rows() const { return std::ranges::max(down_.count); }

void HostPreprocessor::make_row(std::span<std::uint8_t const* const> rows, std::byte* out) {
  auto const at = static_cast<std::size_t>(next_++);
  rows_.assign(rows.begin(), rows.end());
  rows_.resize((rows.size() + rows_at_once - 1) / rows_at_once * rows_at_once, rows.back());
  for (std::size_t i = 0; i < rows_.size(); i += rows_at_once) {
    blend_rows(rows_.data() + i, down_.of(at) + i, blended_.size() - 1, i > 0, blended_.data());
  }
  resample_pixels(blended_.data(), columns_.places.data(), columns_.weights.data(), columns_.taps,
                  down_.first.size(), resampled_.data());
  for (std::size_t channel = 0; channel < 3; ++channel) store(channel, at, out);
}

void HostPreprocessor::store(std::size_t channel, std::size_t row, std::byte* out) const {
  auto const size = static_cast<std::size_t>(spec_.size);
  float const scale = channel_scale(static_cast<int>(channel));
  float const shift = channel_shift(static_cast<int>(channel));
  std::byte* const to = out + (channel * size + row) * size * bytes_of(spec_.type);
  float const* const from = resampled_.data();
  switch (spec_.type) {
    case Output::float32:
      return normalise_row(from, channel, scale, shift, size, reinterpret_cast<float*>(to));
    case Output::float16:
      return normalise_row_fp16(from, channel, scale, shift, size, reinterpret_cast<std::uint16_t*>(to));
    case Output::bfloat16:
      return normalise_row_bf16(from, channel, scale, shift, size, reinterpret_cast<std::uint16_t*>(to));
  }
}

}  // namespace muster::dataload
