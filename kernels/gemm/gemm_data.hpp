// Operands of a GEMM D = A B, made from counters: A is m x k, B is k x n, all indices are row-major ones of
// the *logical* matrix, whatever layout a backend keeps. Integer arithmetic and one exact scaling only, so
// that host and GPU make the same bits and any element can be made again for the check. Compiles under g++
// and nvcc.
#pragma once
#include <cstdint>

#include "kernels/contract/float16.hpp"
#include "kernels/contract/portable.hpp"
#include "kernels/contract/random.hpp"

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

/// Operand elements as each type stores them. fp32 rounds the fine value (a full fraction); tf32 is a float
/// that TF32 holds exactly, so that no unit has anything left to round or cut; fp16 and bf16 are bit
/// patterns.
MUSTER_HD inline double gemm_fp64(std::uint64_t key, std::uint64_t index) {
  return gemm_normal_fine(key, index);
}
MUSTER_HD inline float gemm_fp32(std::uint64_t key, std::uint64_t index) {
  return static_cast<float>(gemm_normal_fine(key, index));
}
MUSTER_HD inline float gemm_tf32(std::uint64_t key, std::uint64_t index) {
  return to_tf32(gemm_normal(key, index));
}
MUSTER_HD inline std::uint16_t gemm_fp16(std::uint64_t key, std::uint64_t index) {
  return to_fp16(gemm_normal(key, index));
}
MUSTER_HD inline std::uint16_t gemm_bf16(std::uint64_t key, std::uint64_t index) {
  return to_bf16(gemm_normal(key, index));
}

}  // namespace muster
