// 8-bit floating point of the "OCP 8-bit Floating Point Specification (OFP8)", revision 1.0 (Open Compute
// Project, 2023), in plain integer code, the same on host and GPU. Rounding is to nearest, ties to even, and
// saturates: what is too large, infinity included, becomes the largest number. NaN stays NaN.
#pragma once
#include <cstdint>

#include "kernels/contract/float16.hpp"
#include "kernels/contract/portable.hpp"

namespace muster {

/// A format of one sign bit, an exponent biased by `bias`, `fraction` bits; `largest` is the largest number's
/// code, `nan` a code that is NaN.
template <unsigned fraction, std::uint32_t bias, std::uint8_t largest, std::uint8_t nan>
struct Float8 {
  MUSTER_HD static std::uint8_t encode(float value) {
    std::uint32_t const bits = bits_of(value);
    auto const sign = static_cast<std::uint8_t>(bits >> 24 & 0x80U);
    std::uint32_t const magnitude = bits & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U) return static_cast<std::uint8_t>(sign | nan);
    std::uint32_t const code = magnitude >= smallest_normal ? normal(magnitude) : subnormal(magnitude);
    return static_cast<std::uint8_t>(sign | (code > largest ? std::uint32_t{largest} : code));
  }

  MUSTER_HD static float decode_finite(std::uint8_t code) {
    std::uint32_t const sign = (std::uint32_t{code} & 0x80U) << 24;
    std::uint32_t const magnitude = code & 0x7FU;
    if (magnitude >> fraction != 0) return float_of(sign | ((magnitude << drop) + ((127 - bias) << 23)));
    float const small = static_cast<float>(magnitude) * float_of((128 - bias - fraction) << 23);  // exact
    return sign != 0 ? -small : small;
  }

 private:
  static constexpr unsigned drop = 23 - fraction;
  static constexpr std::uint32_t smallest_normal = (128 - bias) << 23;

  MUSTER_HD static std::uint32_t normal(std::uint32_t magnitude) {
    return (round_low_bits(magnitude, drop) - ((127 - bias) << 23)) >> drop;
  }

  // Units of the smallest subnormal, 2^(1 - bias - fraction); the exponent says how many bits lie below.
  MUSTER_HD static std::uint32_t subnormal(std::uint32_t magnitude) {
    unsigned const shift = drop + (128 - bias) - (magnitude >> 23);
    if (shift > 24) return 0;  // below half a unit
    std::uint32_t const digits = (magnitude & 0x7FFFFFU) | 0x800000U;
    return round_low_bits(digits, shift) >> shift;
  }
};

/// e4m3 ("fn"): 448 is the largest, 2^-9 the smallest; no infinities, and of each sign one NaN (0x7F, 0xFF).
using E4m3 = Float8<3, 7, 0x7E, 0x7F>;
/// e5m2: 57344 is the largest, 2^-16 the smallest; 0x7C is infinity, which encoding never gives.
using E5m2 = Float8<2, 15, 0x7B, 0x7E>;

MUSTER_HD inline std::uint8_t to_e4m3(float value) { return E4m3::encode(value); }
MUSTER_HD inline float from_e4m3(std::uint8_t code) {
  if ((code & 0x7FU) == 0x7FU) return float_of(0x7FC00000U | (std::uint32_t{code} & 0x80U) << 24);
  return E4m3::decode_finite(code);
}

MUSTER_HD inline std::uint8_t to_e5m2(float value) { return E5m2::encode(value); }
MUSTER_HD inline float from_e5m2(std::uint8_t code) {
  std::uint32_t const sign = (std::uint32_t{code} & 0x80U) << 24;
  if ((code & 0x7FU) == 0x7CU) return float_of(sign | 0x7F800000U);
  if ((code & 0x7FU) > 0x7CU) return float_of(sign | 0x7FC00000U);
  return E5m2::decode_finite(code);
}

}  // namespace muster
