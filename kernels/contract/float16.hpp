// Short floating-point formats in plain integer code, the same on host and GPU. Rounding is to nearest, ties
// to even.
#pragma once
#include <cstdint>
#include <cstring>

#include "kernels/contract/portable.hpp"

namespace muster {

MUSTER_HD inline std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

MUSTER_HD inline float float_of(std::uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// The float's `drop` lowest bits rounded away; the sum carries into the exponent where it must. Not for NaN.
MUSTER_HD inline std::uint32_t round_low_bits(std::uint32_t bits, unsigned drop) {
  std::uint32_t const half = (1U << (drop - 1)) - 1;
  return (bits + half + ((bits >> drop) & 1U)) >> drop << drop;
}

/// bfloat16: the upper half of a float. NaN stays NaN.
MUSTER_HD inline std::uint16_t to_bf16(float value) {
  std::uint32_t const bits = bits_of(value);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return static_cast<std::uint16_t>((bits >> 16) | 0x40U);
  return static_cast<std::uint16_t>(round_low_bits(bits, 16) >> 16);
}

MUSTER_HD inline float from_bf16(std::uint16_t bits) {
  return float_of(static_cast<std::uint32_t>(bits) << 16);
}

/// A float whose fraction fits TF32's 10 bits. NaN stays NaN.
MUSTER_HD inline float to_tf32(float value) {
  std::uint32_t const bits = bits_of(value);
  if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return value;
  return float_of(round_low_bits(bits, 13));
}

/// IEEE binary16. Too large becomes infinity, NaN stays NaN, subnormals are kept.
MUSTER_HD inline std::uint16_t to_fp16(float value) {
  std::uint32_t const bits = bits_of(value);
  std::uint32_t const sign = (bits >> 16) & 0x8000U;
  std::uint32_t const magnitude = bits & 0x7FFFFFFFU;
  if (magnitude > 0x7F800000U) return static_cast<std::uint16_t>(sign | 0x7E00U);
  if (magnitude >= 0x477FF000U) return static_cast<std::uint16_t>(sign | 0x7C00U);  // 65520 and more
  if (magnitude >= 0x38800000U) {                                                   // 2^-14 and more: normal
    return static_cast<std::uint16_t>(sign | ((round_low_bits(magnitude, 13) - 0x38000000U) >> 13));
  }
  if (magnitude < 0x33000000U) return static_cast<std::uint16_t>(sign);  // below 2^-25
  unsigned const shift = 126U - (magnitude >> 23);                       // 14..24: units of 2^-24 are left
  std::uint32_t const fraction = (magnitude & 0x7FFFFFU) | 0x800000U;
  return static_cast<std::uint16_t>(sign | (round_low_bits(fraction, shift) >> shift));
}

MUSTER_HD inline float from_fp16(std::uint16_t half) {
  std::uint32_t const sign = (static_cast<std::uint32_t>(half) & 0x8000U) << 16;
  std::uint32_t const magnitude = half & 0x7FFFU;
  if (magnitude >= 0x7C00U) return float_of(sign | 0x7F800000U | ((magnitude & 0x3FFU) << 13));
  if (magnitude >= 0x0400U) return float_of(sign | ((magnitude << 13) + 0x38000000U));
  float const small = static_cast<float>(magnitude) * 5.9604644775390625e-8F;  // 2^-24, exact
  return sign != 0 ? -small : small;
}

}  // namespace muster
