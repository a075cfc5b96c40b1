// Arrays of the memory workload, made from counters so that host and GPU agree on every bit and the right
// answer of any element is known. Compiles under g++ and nvcc.
#pragma once
#include <cstdint>

#include "kernels/contract/portable.hpp"
#include "kernels/contract/random.hpp"

namespace muster {

enum class MemoryOp { copy, triad };
enum class MemoryType { fp64, fp32 };

/// The sources: a[i] = b[i] (copy), a[i] = b[i] + triad_scale * c[i] (triad).
enum class MemoryArray : std::uint64_t { b = 0x6D62, c = 0x6D63 };

MUSTER_HD constexpr std::uint64_t memory_key(std::uint64_t seed, MemoryArray array) {
  return stream_key(seed, static_cast<std::uint64_t>(array));
}

/// Three, and sources with two bits to spare: b + 3 c is exact in the type, whether or not the compiler fuses
/// it.
inline constexpr int triad_scale = 3;

/// Source element: uniform in [-1, 1), never constant; 22 random bits for float, 51 for double.
template <class T>
MUSTER_HD T memory_value(std::uint64_t key, std::uint64_t index);

template <>
MUSTER_HD inline float memory_value<float>(std::uint64_t key, std::uint64_t index) {
  auto const steps = static_cast<std::int32_t>(random_word(key, index) >> 42) - (1 << 21);
  return static_cast<float>(steps) * 4.76837158203125e-7F;  // 2^-21
}

template <>
MUSTER_HD inline double memory_value<double>(std::uint64_t key, std::uint64_t index) {
  auto const steps = static_cast<std::int64_t>(random_word(key, index) >> 13) - (std::int64_t{1} << 50);
  return static_cast<double>(steps) * 8.8817841970012523e-16;  // 2^-50
}

/// The right answer of element `index`, exact in T. `key_b`, `key_c`: memory_key() of the two sources.
template <class T>
MUSTER_HD inline T memory_expected(MemoryOp op, std::uint64_t key_b, std::uint64_t key_c,
                                   std::uint64_t index) {
  T const b = memory_value<T>(key_b, index);
  return op == MemoryOp::copy ? b : b + static_cast<T>(triad_scale) * memory_value<T>(key_c, index);
}

}  // namespace muster
