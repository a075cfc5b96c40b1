// Operands of a GEMM D = A B, made from counters: an element's index is its place in memory, products of a
// batch one after the other (see a_row() and b_row() in gemm_problem.hpp). Integer arithmetic and single
// roundings only, so that host and GPU make the same bits and any element can be made again for the check.
// Compiles under g++ and nvcc.
#pragma once
#include <cstdint>

#include "kernels/contract/float16.hpp"
#include "kernels/contract/float8.hpp"
#include "kernels/contract/portable.hpp"
#include "kernels/contract/random.hpp"
#include "kernels/gemm/gemm_types.hpp"

namespace muster {

enum class GemmMatrix : std::uint64_t { a = 0x6133, b = 0x6233 };

MUSTER_HD constexpr std::uint64_t gemm_key(std::uint64_t seed, GemmMatrix matrix) {
  return stream_key(seed, static_cast<std::uint64_t>(matrix));
}

/// Close to N(0,1): the sum of twelve 4-bit digits and a 16-bit fraction of one random word (an Irwin-Hall
/// sum), less its mean, times 2^-20. Mean -2^-21, variance 0.9964, |value| < 5.66; a multiple of 2^-20.
MUSTER_HD inline float gemm_normal(std::uint64_t key, std::uint64_t index) {
  std::uint64_t const word = random_word(key, index);
  auto const sum =
      static_cast<std::int32_t>(sum_of_12_digits(word) << 16 | static_cast<std::uint32_t>(word >> 48));
  return static_cast<float>(sum - ((90 << 16) + (1 << 15))) * 9.5367431640625e-7F;
}

/// The same distribution with 28 further bits below, so that a double's fraction is full. A multiple of
/// 2^-48.
MUSTER_HD inline double gemm_normal_fine(std::uint64_t key, std::uint64_t index) {
  std::uint64_t const word = random_word(key, index);
  std::uint64_t const coarse = static_cast<std::uint64_t>(sum_of_12_digits(word)) << 16 | word >> 48;
  auto const sum = static_cast<std::int64_t>(coarse << 28 | mix64(word) >> 36);
  std::int64_t const mean = ((std::int64_t{90} << 16) + (1 << 15)) << 28;
  return static_cast<double>(sum - mean) * 3.552713678800501e-15;
}

/// Uniform in [-1, 1): a multiple of 2^-24, or of 2^-53.
MUSTER_HD inline float gemm_uniform(std::uint64_t key, std::uint64_t index) {
  auto const digits = static_cast<std::int32_t>(random_word(key, index) >> 39);
  return static_cast<float>(digits - (1 << 24)) * 5.9604644775390625e-8F;
}
MUSTER_HD inline double gemm_uniform_fine(std::uint64_t key, std::uint64_t index) {
  auto const digits = static_cast<std::int64_t>(random_word(key, index) >> 10);
  return static_cast<double>(digits - (std::int64_t{1} << 53)) * 1.1102230246251565e-16;
}

/// Evenly spread over low .. low + count - 1.
MUSTER_HD inline int gemm_integer(std::uint64_t key, std::uint64_t index, int low, std::uint32_t count) {
  return low + static_cast<int>((random_word(key, index) >> 32) * count >> 32);
}

/// The number behind an element: N(0,1), uniform in [-1, 1), the integers -2 .. 2, all 1, all 0. `scale`
/// stretches the normal ones only.
MUSTER_HD inline float gemm_number(std::uint64_t key, std::uint64_t index, GemmDist dist, float scale = 1) {
  switch (dist) {
    case GemmDist::normal:
      return gemm_normal(key, index) * scale;
    case GemmDist::uniform:
      return gemm_uniform(key, index);
    case GemmDist::integers:
      return static_cast<float>(gemm_integer(key, index, -2, 5));
    case GemmDist::constant:
      return 1;
    case GemmDist::zeros:
      return 0;
  }
  return 0;
}
MUSTER_HD inline double gemm_number_fine(std::uint64_t key, std::uint64_t index, GemmDist dist) {
  if (dist == GemmDist::normal) return gemm_normal_fine(key, index);
  if (dist == GemmDist::uniform) return gemm_uniform_fine(key, index);
  return static_cast<double>(gemm_number(key, index, dist));
}

/// Factors that bring normal numbers into an fp8 format's range: the largest, 5.66, comes to e4m3's 448. e5m2
/// has range enough; a power of two changes no fraction.
inline constexpr float e4m3_scale = 448 / 5.66F, e5m2_scale = 64;

/// Operand elements as each type stores them. fp32 rounds the fine value (a full fraction); tf32 is a float
/// that TF32 holds exactly, so that no unit has anything left to round or cut; fp16, bf16 and fp8 are bit
/// patterns. int8 knows no normal distribution: in its place come all of -127 .. 127, as for uniform.
MUSTER_HD inline double gemm_fp64(std::uint64_t key, std::uint64_t index, GemmDist dist = GemmDist::normal) {
  return gemm_number_fine(key, index, dist);
}
MUSTER_HD inline float gemm_fp32(std::uint64_t key, std::uint64_t index, GemmDist dist = GemmDist::normal) {
  return static_cast<float>(gemm_number_fine(key, index, dist));
}
MUSTER_HD inline float gemm_tf32(std::uint64_t key, std::uint64_t index, GemmDist dist = GemmDist::normal) {
  return to_tf32(gemm_number(key, index, dist));
}
MUSTER_HD inline std::uint16_t gemm_fp16(std::uint64_t key, std::uint64_t index,
                                         GemmDist dist = GemmDist::normal) {
  return to_fp16(gemm_number(key, index, dist));
}
MUSTER_HD inline std::uint16_t gemm_bf16(std::uint64_t key, std::uint64_t index,
                                         GemmDist dist = GemmDist::normal) {
  return to_bf16(gemm_number(key, index, dist));
}
MUSTER_HD inline std::int8_t gemm_int8(std::uint64_t key, std::uint64_t index,
                                       GemmDist dist = GemmDist::normal) {
  bool const full = dist == GemmDist::normal || dist == GemmDist::uniform;
  return static_cast<std::int8_t>(full ? gemm_integer(key, index, -127, 255)
                                       : static_cast<int>(gemm_number(key, index, dist)));
}
MUSTER_HD inline std::uint8_t gemm_e4m3(std::uint64_t key, std::uint64_t index,
                                        GemmDist dist = GemmDist::normal) {
  return to_e4m3(gemm_number(key, index, dist, e4m3_scale));
}
MUSTER_HD inline std::uint8_t gemm_e5m2(std::uint64_t key, std::uint64_t index,
                                        GemmDist dist = GemmDist::normal) {
  return to_e5m2(gemm_number(key, index, dist, e5m2_scale));
}

/// The number that `type` holds in element `index`. int32 is no operand's type: NaN.
MUSTER_HD inline double gemm_element(GemmType type, std::uint64_t key, std::uint64_t index, GemmDist dist) {
  switch (type) {
    case GemmType::fp64:
      return gemm_fp64(key, index, dist);
    case GemmType::fp32:
      return static_cast<double>(gemm_fp32(key, index, dist));
    case GemmType::tf32:
      return static_cast<double>(gemm_tf32(key, index, dist));
    case GemmType::fp16:
      return static_cast<double>(from_fp16(gemm_fp16(key, index, dist)));
    case GemmType::bf16:
      return static_cast<double>(from_bf16(gemm_bf16(key, index, dist)));
    case GemmType::int8:
      return gemm_int8(key, index, dist);
    case GemmType::fp8_e4m3:
      return static_cast<double>(from_e4m3(gemm_e4m3(key, index, dist)));
    case GemmType::fp8_e5m2:
      return static_cast<double>(from_e5m2(gemm_e5m2(key, index, dist)));
    case GemmType::int32:
      break;
  }
  return static_cast<double>(float_of(0x7FC00000U));
}

/// Root mean square of an operand's elements: what the check's limits grow with.
inline double gemm_spread(GemmType type, GemmDist dist) {
  double const in_range = type == GemmType::fp8_e4m3   ? static_cast<double>(e4m3_scale)
                          : type == GemmType::fp8_e5m2 ? static_cast<double>(e5m2_scale)
                                                       : 1.0;
  switch (dist) {
    case GemmDist::normal:
      return type == GemmType::int8 ? 73.6 : in_range;  // sqrt(127 * 128 / 3)
    case GemmDist::uniform:
      return type == GemmType::int8 ? 73.6 : 0.57735026919;
    case GemmDist::integers:
      return 1.41421356237;
    case GemmDist::constant:
      return 1;
    case GemmDist::zeros:
      return 0;
  }
  return 0;
}

}  // namespace muster
