// Arrays of the memory workload, made from counters so that host and GPU agree on every bit and the right
// answer of any element is known. Compiles under g++ and nvcc.
#pragma once
#include <cstdint>
#include <cstring>

#include "kernels/contract/portable.hpp"
#include "kernels/contract/random.hpp"

namespace muster {

/// read: the sum of b's bits; write: a[i] = a pattern; copy: a = b; scale: a = 3 b; add: a = b + c;
/// triad: a = b + 3 c.
enum class MemoryOp { read, write, copy, scale, add, triad };
enum class MemoryType { fp64, fp32 };

/// The sources b and c, and the pattern that `write` writes.
enum class MemoryArray : std::uint64_t { b = 0x6D62, c = 0x6D63, pattern = 0x6D70 };

MUSTER_HD constexpr bool reads_b(MemoryOp op) { return op != MemoryOp::write; }
MUSTER_HD constexpr bool reads_c(MemoryOp op) { return op == MemoryOp::add || op == MemoryOp::triad; }
MUSTER_HD constexpr bool writes_a(MemoryOp op) { return op != MemoryOp::read; }

MUSTER_HD constexpr std::uint64_t memory_key(std::uint64_t seed, MemoryArray array) {
  return stream_key(seed, static_cast<std::uint64_t>(array));
}

/// Three, and sources with two bits to spare: 3 b, b + c and b + 3 c are exact in the type, whether or not
/// the compiler fuses them.
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

/// What `write` writes, 8 bytes at a time: multiples of the golden ratio for the fraction's bits, so that
/// neighbours differ and making them takes less time than writing them; the exponent of [1, 2), so that each
/// is a number. A word is one double or two floats.
struct WritePattern {
  static constexpr std::uint64_t step = 0x9E3779B97F4A7C15ULL;
  std::uint64_t key, mask, ones;

  MUSTER_HD constexpr std::uint64_t fraction(std::uint64_t word) const { return key + (word + 1) * step; }
  MUSTER_HD constexpr std::uint64_t finish(std::uint64_t fraction) const { return (fraction & mask) | ones; }
  MUSTER_HD constexpr std::uint64_t at(std::uint64_t word) const { return finish(fraction(word)); }
};

MUSTER_HD constexpr WritePattern write_pattern(MemoryType type, std::uint64_t key) {
  if (type == MemoryType::fp64) return {key, 0x000FFFFFFFFFFFFFULL, 0x3FF0000000000000ULL};
  return {key, 0x007FFFFF007FFFFFULL, 0x3F8000003F800000ULL};
}

template <class T>
MUSTER_HD T pattern_value(std::uint64_t key, std::uint64_t index);

template <>
MUSTER_HD inline double pattern_value<double>(std::uint64_t key, std::uint64_t index) {
  std::uint64_t const word = write_pattern(MemoryType::fp64, key).at(index);
  double value;
  memcpy(&value, &word, sizeof value);
  return value;
}

template <>
MUSTER_HD inline float pattern_value<float>(std::uint64_t key, std::uint64_t index) {
  std::uint64_t const word = write_pattern(MemoryType::fp32, key).at(index / 2);
  auto const half = static_cast<std::uint32_t>(index % 2 == 0 ? word : word >> 32);  // little-endian
  float value;
  memcpy(&value, &half, sizeof value);
  return value;
}

/// Keys of a case's arrays.
struct MemoryKeys {
  std::uint64_t b, c, pattern;
};

MUSTER_HD constexpr MemoryKeys memory_keys(std::uint64_t seed) {
  return {memory_key(seed, MemoryArray::b), memory_key(seed, MemoryArray::c),
          memory_key(seed, MemoryArray::pattern)};
}

/// The right value of element `index` of the array that the check looks at (a; for read, b itself, which must
/// not have changed), exact in T.
template <class T>
MUSTER_HD inline T memory_expected(MemoryOp op, MemoryKeys const& keys, std::uint64_t index) {
  constexpr auto three = static_cast<T>(triad_scale);
  switch (op) {
    case MemoryOp::read:
    case MemoryOp::copy:
      return memory_value<T>(keys.b, index);
    case MemoryOp::write:
      return pattern_value<T>(keys.pattern, index);
    case MemoryOp::scale:
      return three * memory_value<T>(keys.b, index);
    case MemoryOp::add:
      return memory_value<T>(keys.b, index) + memory_value<T>(keys.c, index);
    case MemoryOp::triad:
      return memory_value<T>(keys.b, index) + three * memory_value<T>(keys.c, index);
  }
  return T{};
}

}  // namespace muster
