// From a decoded picture to a network's input, one output value at a time: the arithmetic that the fused CUDA
// kernel, the host's batch version and the checks share. Plain C++ that g++ and nvcc both take.
#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels/contract/portable.hpp"

namespace muster::dataload {

/// A decoded picture: RGB, 8 bits, interleaved; row y begins at pixels + y * pitch.
struct ImageView {
  std::uint8_t const* pixels = nullptr;
  int width = 0;
  int height = 0;
  std::size_t pitch = 0;  ///< bytes from one row to the next, at least 3 * width
};

/// The square of the source that becomes the output: the centre 7/8 of the shorter side (the usual "resize
/// the shorter side to 256, crop 224"), and the source pixels that one output pixel covers.
struct Crop {
  float left, top;
  float step;
};

/// Two neighbouring source positions and the weight of the second.
struct Tap {
  int low, high;
  float weight;
};

/// `size`: side of the square output in pixels, at least 1.
MUSTER_HD inline Crop centre_crop(int width, int height, int size) {
  int const shorter = width < height ? width : height;
  float const side = 0.875f * static_cast<float>(shorter);
  return {0.5f * (static_cast<float>(width) - side), 0.5f * (static_cast<float>(height) - side),
          side / static_cast<float>(size)};
}

/// Where output position `at` samples along one axis: pixel centres at halves, clamped to the picture. Two
/// taps without a low-pass filter whatever the scale, as the fused GPU preprocessing kernels in use do.
MUSTER_HD inline Tap tap_at(float origin, float step, int at, int extent) {
  float position = origin + (static_cast<float>(at) + 0.5f) * step - 0.5f;
  float const last = static_cast<float>(extent - 1);
  position = position < 0.0f ? 0.0f : (position > last ? last : position);
  int const low = static_cast<int>(position);
  int const high = low + 1 < extent ? low + 1 : low;
  return {low, high, position - static_cast<float>(low)};
}

/// Normalising is value * scale + shift with value in 0..255: (value / 255 - mean) / deviation by ImageNet's
/// figures (mean 0.485, 0.456, 0.406; deviation 0.229, 0.224, 0.225 for red, green, blue).
MUSTER_HD inline float channel_scale(int channel) {
  return 1.0f / (255.0f * (channel == 0 ? 0.229f : (channel == 1 ? 0.224f : 0.225f)));
}
MUSTER_HD inline float channel_shift(int channel) {
  return channel == 0 ? -0.485f / 0.229f : (channel == 1 ? -0.456f / 0.224f : -0.406f / 0.225f);
}

/// One source value. `row` begins a row of the picture.
MUSTER_HD inline float sample(std::uint8_t const* row, int x, int channel) {
  return static_cast<float>(row[3 * x + channel]);
}

/// Bilinear: first down the columns, then along the row.
MUSTER_HD inline float bilinear(ImageView const& image, Tap const& y, Tap const& x, int channel) {
  std::uint8_t const* const upper = image.pixels + static_cast<std::size_t>(y.low) * image.pitch;
  std::uint8_t const* const lower = image.pixels + static_cast<std::size_t>(y.high) * image.pitch;
  float const upper_left = sample(upper, x.low, channel), upper_right = sample(upper, x.high, channel);
  float const left = upper_left + y.weight * (sample(lower, x.low, channel) - upper_left);
  float const right = upper_right + y.weight * (sample(lower, x.high, channel) - upper_right);
  return left + x.weight * (right - left);
}

/// The value of output (channel, y, x) of a size x size output; channel 0..2, y and x 0..size-1.
MUSTER_HD inline float preprocess_value(ImageView const& image, int size, int channel, int y, int x) {
  Crop const crop = centre_crop(image.width, image.height, size);
  Tap const across = tap_at(crop.left, crop.step, x, image.width);
  Tap const down = tap_at(crop.top, crop.step, y, image.height);
  return bilinear(image, down, across, channel) * channel_scale(channel) + channel_shift(channel);
}

/// All three channels of output pixel (y, x), written to a channel-major output: out[channel * size * size +
/// y * size + x]. `out` is one picture's 3 x size x size floats.
MUSTER_HD inline void preprocess_pixel(ImageView const& image, int size, int y, int x, float* out) {
  Crop const crop = centre_crop(image.width, image.height, size);
  Tap const across = tap_at(crop.left, crop.step, x, image.width);
  Tap const down = tap_at(crop.top, crop.step, y, image.height);
  std::size_t const plane = static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
  std::size_t const at =
      static_cast<std::size_t>(y) * static_cast<std::size_t>(size) + static_cast<std::size_t>(x);
  for (int channel = 0; channel < 3; ++channel) {
    out[static_cast<std::size_t>(channel) * plane + at] =
        bilinear(image, down, across, channel) * channel_scale(channel) + channel_shift(channel);
  }
}

}  // namespace muster::dataload
