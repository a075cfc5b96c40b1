#include "kernels/dataload/resize_loops_host.hpp"

#include <cstring>

#include "kernels/contract/float16.hpp"
#include "kernels/host/instruction_sets.hpp"

namespace muster::dataload {
namespace {

/// One pixel in one register.
using Four = float __attribute__((vector_size(16)));

MUSTER_LOOP Four four_at(float const* from) {
  Four value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

MUSTER_LOOP void blend(std::uint8_t const* const* rows, float const* weights, std::size_t count, bool add,
                       float* __restrict__ to) {
  std::uint8_t const *const a = rows[0], *const b = rows[1], *const c = rows[2], *const d = rows[3];
  float const wa = weights[0], wb = weights[1], wc = weights[2], wd = weights[3];
  auto const sum = [=](std::size_t i) {
    return wa * static_cast<float>(a[i]) + wb * static_cast<float>(b[i]) + wc * static_cast<float>(c[i]) +
           wd * static_cast<float>(d[i]);
  };
  if (add) {
    for (std::size_t i = 0; i < count; ++i) to[i] += sum(i);
  } else {
    for (std::size_t i = 0; i < count; ++i) to[i] = sum(i);
  }
}

/// A number of taps that is known beforehand needs no loop.
template <std::size_t known>
MUSTER_LOOP void resample_known(float const* from, int const* places, float const* weights, std::size_t taps,
                                std::size_t size, float* __restrict__ to) {
  std::size_t const count = known > 0 ? known : taps;
  for (std::size_t x = 0; x < size; ++x) {
    float const* const pixel = from + places[x];
    float const* const weight = weights + x * count;
    Four sum = weight[0] * four_at(pixel);
    for (std::size_t k = 1; k < count; ++k) sum += weight[k] * four_at(pixel + 3 * k);
    std::memcpy(to + 4 * x, &sum, sizeof sum);
  }
}

MUSTER_LOOP void resample(float const* from, int const* places, float const* weights, std::size_t taps,
                          std::size_t size, float* to) {
  switch (taps) {
    case 2:
      return resample_known<2>(from, places, weights, taps, size, to);
    case 3:
      return resample_known<3>(from, places, weights, taps, size, to);
    case 4:
      return resample_known<4>(from, places, weights, taps, size, to);
    case 5:
      return resample_known<5>(from, places, weights, taps, size, to);
    default:
      return resample_known<0>(from, places, weights, taps, size, to);
  }
}

template <class Value, class Convert>
MUSTER_LOOP void normalise(float const* pixels, std::size_t channel, float scale, float shift,
                           std::size_t size, Value* __restrict__ to, Convert convert) {
  for (std::size_t x = 0; x < size; ++x) to[x] = convert(pixels[4 * x + channel] * scale + shift);
}

/// A normalised value is a small number: no NaN and nothing too large, so that rounding is a few operations.
MUSTER_LOOP std::uint16_t small_to_bf16(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

/// Multiplying by 2^-112 gives the float the exponent of a binary16, subnormals included, with the fraction's
/// 13 lowest bits to be rounded away.
MUSTER_LOOP std::uint16_t small_to_fp16(float value) {
  float const moved = value * 0x1p-112f;
  std::uint32_t bits = 0;
  std::memcpy(&bits, &moved, sizeof bits);
  std::uint32_t const magnitude = bits & 0x7FFFFFFFU;
  return static_cast<std::uint16_t>(((bits >> 16) & 0x8000U) |
                                    ((magnitude + 0xFFFU + ((magnitude >> 13) & 1U)) >> 13));
}

MUSTER_LOOP void normalise_to_float(float const* pixels, std::size_t channel, float scale, float shift,
                                    std::size_t size, float* to) {
  normalise(pixels, channel, scale, shift, size, to, [](float value) { return value; });
}
MUSTER_LOOP void normalise_to_fp16(float const* pixels, std::size_t channel, float scale, float shift,
                                   std::size_t size, std::uint16_t* to) {
  normalise(pixels, channel, scale, shift, size, to, [](float value) { return small_to_fp16(value); });
}
MUSTER_LOOP void normalise_to_bf16(float const* pixels, std::size_t channel, float scale, float shift,
                                   std::size_t size, std::uint16_t* to) {
  normalise(pixels, channel, scale, shift, size, to, [](float value) { return small_to_bf16(value); });
}

}  // namespace

// A macro's argument may not hold commas of its own.
#define LIST(...) __VA_ARGS__

MUSTER_FOR_EVERY_CPU(blend_rows, blend,
                     LIST(std::uint8_t const* const* rows, float const* weights, std::size_t count, bool add,
                          float* to),
                     LIST(rows, weights, count, add, to))
MUSTER_FOR_EVERY_CPU(resample_pixels, resample,
                     LIST(float const* from, int const* places, float const* weights, std::size_t taps,
                          std::size_t size, float* to),
                     LIST(from, places, weights, taps, size, to))
MUSTER_FOR_EVERY_CPU(normalise_row, normalise_to_float,
                     LIST(float const* pixels, std::size_t channel, float scale, float shift,
                          std::size_t size, float* to),
                     LIST(pixels, channel, scale, shift, size, to))
MUSTER_FOR_EVERY_CPU(normalise_row_fp16, normalise_to_fp16,
                     LIST(float const* pixels, std::size_t channel, float scale, float shift,
                          std::size_t size, std::uint16_t* to),
                     LIST(pixels, channel, scale, shift, size, to))
MUSTER_FOR_EVERY_CPU(normalise_row_bf16, normalise_to_bf16,
                     LIST(float const* pixels, std::size_t channel, float scale, float shift,
                          std::size_t size, std::uint16_t* to),
                     LIST(pixels, channel, scale, shift, size, to))

#undef LIST

}  // namespace muster::dataload
