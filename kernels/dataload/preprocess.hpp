// From a decoded picture to a network's input, one output value at a time: the arithmetic that the fused CUDA
// kernel, the host's batch version and the checks share. Plain C++ that g++ and nvcc both take. What chooses
// source pixels is integer arithmetic, so that every machine and compiler chooses the same.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/contract/portable.hpp"
#include "kernels/contract/random.hpp"

namespace muster::dataload {

/// A decoded picture: RGB, 8 bits, interleaved; row y begins at pixels + y * pitch.
struct ImageView {
  std::uint8_t const* pixels = nullptr;
  int width = 0;
  int height = 0;
  std::size_t pitch = 0;  ///< bytes from one row to the next, at least 3 * width
};

/// The box of the source that becomes the output, in the picture's pixels (pixel x covers x to x + 1), and
/// whether it is turned left to right. Pixels outside the box do not count, as if it had been cut out first;
/// one that its edge divides counts as whole.
struct Crop {
  float left = 0, top = 0;
  float width = 0, height = 0;
  bool mirror = false;
};

/// A picture and the part of it that is used.
struct PictureCrop {
  ImageView image{};
  Crop crop{};
};

/// How source pixels are weighed. triangle: a triangle as wide as two output pixels, at least two source
/// pixels (antialiased: what PIL, DALI and torchvision with antialias=True call linear or bilinear); linear:
/// two taps an axis whatever the scale.
enum class Filter { triangle, linear };

/// Type of an output value.
enum class Output { float32, float16, bfloat16 };

MUSTER_HD constexpr std::size_t bytes_of(Output type) { return type == Output::float32 ? 4 : 2; }

/// What a picture is made into: 3 x size x size values, channel by channel.
struct OutputSpec {
  int size = 224;
  Filter filter = Filter::triangle;
  Output type = Output::float32;

  MUSTER_HD constexpr std::size_t values() const {
    return 3 * static_cast<std::size_t>(size) * static_cast<std::size_t>(size);
  }
  MUSTER_HD constexpr std::size_t bytes() const { return values() * bytes_of(type); }
};

// ---------------------------------------------------------------------------------------------------- Crops

/// The centre 7/8 of the shorter side: the usual "resize the shorter side to 256, crop 224".
MUSTER_HD inline Crop centre_crop(int width, int height) {
  int const shorter = width < height ? width : height;
  float const side = 0.875f * static_cast<float>(shorter);
  return {0.5f * (static_cast<float>(width) - side), 0.5f * (static_cast<float>(height) - side), side, side,
          false};
}

/// e^x for |x| <= 0.3, both in units of 2^-30: seven terms of the series, off by less than 2^-26.
MUSTER_HD constexpr std::int64_t small_exponential(std::int64_t x) {
  constexpr std::int64_t one = std::int64_t{1} << 30;
  std::int64_t value = one;
  for (int term = 7; term > 0; --term) value = one + ((x * value) >> 30) / term;
  return value;
}

/// 0 to bound - 1, from 32 random bits.
MUSTER_HD constexpr int below(std::uint64_t bits, int bound) {
  return static_cast<int>(((bits & 0xFFFFFFFFu) * static_cast<std::uint64_t>(bound)) >> 32);
}

/// What a tall or wide picture gets when no try fitted: its middle, as much as the aspect ratios allow.
MUSTER_HD inline Crop fallback_crop(int width, int height) {
  int const widest = (8 * height + 3) / 6, highest = (8 * width + 3) / 6;  // 4/3 of the other side, rounded
  int const w = width < widest ? width : widest;
  int const h = height < highest ? height : highest;
  return {static_cast<float>((width - w) / 2), static_cast<float>((height - h) / 2), static_cast<float>(w),
          static_cast<float>(h), false};
}

/// The key of a picture's random crop: another one each epoch, the same on every backend.
MUSTER_HD constexpr std::uint64_t crop_key(std::uint64_t seed, std::uint64_t epoch, std::uint64_t record) {
  return stream_key(stream_key(seed, epoch), record);
}

/// "Inception" crop as torchvision's RandomResizedCrop and DALI's random_resized_crop define it: area uniform
/// in 8 to 100 % of the picture, aspect ratio log-uniform in 3/4 to 4/3, box and place in whole pixels, ten
/// tries, then the middle; mirrored with probability 1/2. `key`: crop_key().
/// Only single roundings and no sum of a product: nothing that a compiler may contract.
MUSTER_HD inline Crop random_resized_crop(int width, int height, std::uint64_t key) {
  constexpr std::int64_t log_of_4_thirds = 308'902'384;  // ln(4/3), in units of 2^-30
  double const pixels = static_cast<double>(width) * static_cast<double>(height);
  bool const mirror = (random_word(key, 0) >> 63) != 0;
  Crop crop = fallback_crop(width, height);
  for (std::uint64_t attempt = 0; attempt < 10; ++attempt) {
    std::uint64_t const shape = random_word(key, 1 + 2 * attempt), place = random_word(key, 2 + 2 * attempt);
    std::uint64_t const share = 343'597'384 + (((shape >> 32) * 3'951'369'912) >> 32);  // 0.08 to 1, 2^-32
    auto const symmetric = static_cast<std::int64_t>(shape & 0xFFFFFFFFu) - (std::int64_t{1} << 31);
    double const aspect =
        static_cast<double>(small_exponential((symmetric * log_of_4_thirds) >> 31)) * 0x1p-30;
    double const area = pixels * (static_cast<double>(share) * 0x1p-32);
    auto const w = static_cast<int>(std::sqrt(area * aspect) + 0.5);
    auto const h = static_cast<int>(std::sqrt(area / aspect) + 0.5);
    if (w < 1 || h < 1 || w > width || h > height) continue;
    crop = {static_cast<float>(below(place >> 32, width - w + 1)),
            static_cast<float>(below(place, height - h + 1)), static_cast<float>(w), static_cast<float>(h),
            false};
    break;
  }
  crop.mirror = mirror;
  return crop;
}

/// How far a picture may be reduced while it is decoded, 1, 2, 4 or 8, so that the box still has at least
/// `size` pixels a side.
MUSTER_HD inline int reduction_for(Crop const& crop, int size) {
  float const shorter = crop.width < crop.height ? crop.width : crop.height;
  int reduction = 1;
  while (reduction < 8 && shorter >= static_cast<float>(2 * reduction * size)) reduction *= 2;
  return reduction;
}

/// The same box in the picture reduced so (its sides divided and rounded up).
MUSTER_HD inline Crop reduced(Crop const& crop, int reduction) {
  float const scale = 1.0f / static_cast<float>(reduction);
  return {crop.left * scale, crop.top * scale, crop.width * scale, crop.height * scale, crop.mirror};
}

// ------------------------------------------------------------------------------------------------- Filters

/// One axis of a resize: positions in units of 2^-20 source pixel, with pixel i's centre at i + 1/2.
struct Axis {
  std::int64_t origin;   ///< where the box begins
  std::int64_t step;     ///< source pixels to one output pixel, in units of 2^-32
  std::int64_t support;  ///< how far from its middle an output pixel reaches
  int low, high;         ///< source pixels that may count: low to high - 1
};

/// Source pixels of one output pixel: first to first + count - 1, at least one.
struct Taps {
  int first, count;
  std::int64_t middle;  ///< of the output pixel, in units of 2^-20 source pixel
  float slope;          ///< weight lost for each 2^-20 source pixel from the middle
};

inline constexpr int position_bits = 20;

/// `origin` and `extent`: the box along this axis; `limit`: the picture's pixels along it; `size`: output
/// pixels, at least 1.
MUSTER_HD inline Axis axis_of(float origin, float extent, int limit, Filter filter, int size) {
  constexpr std::int64_t one = std::int64_t{1} << position_bits;
  auto const begin = static_cast<std::int64_t>(origin * static_cast<float>(one));
  auto const length = static_cast<std::int64_t>(extent * static_cast<float>(one));
  std::int64_t const step = (length << 12) / size;
  std::int64_t const wide = step >> 12;
  std::int64_t const low = begin >> position_bits, high = (begin + length + one - 1) >> position_bits;
  return {begin, step, filter == Filter::triangle && wide > one ? wide : one,
          low < 0 ? 0 : static_cast<int>(low), high > limit ? limit : static_cast<int>(high)};
}

/// Of output pixel `at`, 0 to size - 1.
MUSTER_HD inline Taps taps_at(Axis const& axis, int at) {
  constexpr std::int64_t half = std::int64_t{1} << (position_bits - 1);
  std::int64_t const middle = axis.origin + (((2 * at + 1) * axis.step) >> 13);
  auto const first = static_cast<int>((middle - axis.support + half) >> position_bits);
  auto const end = static_cast<int>((middle + axis.support + half) >> position_bits);
  int const from = first < axis.low ? axis.low : first;
  int const to = end > axis.high ? axis.high : end;
  return {from, to - from, middle, 1.0f / static_cast<float>(axis.support)};
}

/// Weight of source pixel `i` of the taps, 0 to 1; an output value is the weighted mean.
MUSTER_HD inline float weight_at(Taps const& taps, int i) {
  constexpr std::int64_t half = std::int64_t{1} << (position_bits - 1);
  std::int64_t const away = (static_cast<std::int64_t>(i) << position_bits) + half - taps.middle;
  float const weight = 1.0f - static_cast<float>(away < 0 ? -away : away) * taps.slope;
  return weight > 0.0f ? weight : 0.0f;
}

// -------------------------------------------------------------------------------------------------- Values

/// Normalising is value * scale + shift with value in 0..255: (value / 255 - mean) / deviation by ImageNet's
/// figures (mean 0.485, 0.456, 0.406; deviation 0.229, 0.224, 0.225 for red, green, blue).
MUSTER_HD inline float channel_scale(int channel) {
  return 1.0f / (255.0f * (channel == 0 ? 0.229f : (channel == 1 ? 0.224f : 0.225f)));
}
MUSTER_HD inline float channel_shift(int channel) {
  return channel == 0 ? -0.485f / 0.229f : (channel == 1 ? -0.456f / 0.224f : -0.406f / 0.225f);
}

/// The column of the box that output column `x` shows.
MUSTER_HD inline int column_of(Crop const& crop, int size, int x) { return crop.mirror ? size - 1 - x : x; }

/// Weighted mean over the taps of both axes, 0 to 255.
MUSTER_HD inline float resampled(ImageView const& image, Taps const& down, Taps const& across, int channel) {
  float sum = 0, weights = 0;
  for (int y = down.first; y < down.first + down.count; ++y) {
    std::uint8_t const* const row = image.pixels + static_cast<std::size_t>(y) * image.pitch + channel;
    float in_row = 0, row_weights = 0;
    for (int x = across.first; x < across.first + across.count; ++x) {
      float const weight = weight_at(across, x);
      in_row += weight * static_cast<float>(row[3 * static_cast<std::size_t>(x)]);
      row_weights += weight;
    }
    float const weight = weight_at(down, y);
    sum += weight * in_row;
    weights += weight * row_weights;
  }
  return sum / weights;
}

/// The value of output (channel, y, x) of a size x size output; channel 0..2, y and x 0..size-1. `crop` lies
/// in the picture. Positions are exact to 2^-20 pixel; the rest is float arithmetic.
MUSTER_HD inline float preprocess_value(ImageView const& image, Crop const& crop, Filter filter, int size,
                                        int channel, int y, int x) {
  Axis const down = axis_of(crop.top, crop.height, image.height, filter, size);
  Axis const across = axis_of(crop.left, crop.width, image.width, filter, size);
  return resampled(image, taps_at(down, y), taps_at(across, column_of(crop, size, x)), channel) *
             channel_scale(channel) +
         channel_shift(channel);
}

}  // namespace muster::dataload
