// Counter-based random bits: any element of any array can be made anywhere, in any order, on host and GPU
// alike.
#pragma once
#include <cstdint>

#include "kernels/contract/portable.hpp"

namespace muster {

/// Bijective mixing of 64 bits; the constants are the finaliser of SplitMix64 (Steele, Lea, Flood: "Fast
/// splittable pseudorandom number generators", OOPSLA 2014; Stafford's variant 13 of MurmurHash3's
/// finaliser).
MUSTER_HD constexpr std::uint64_t mix64(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

// 0x9E3779B97F4A7C15, SplitMix64's step, is 2^64 divided by the golden ratio: its multiples are well spread.

/// Key of one stream of random words: an array of a case, say. Different seeds or streams give unrelated
/// words.
MUSTER_HD constexpr std::uint64_t stream_key(std::uint64_t seed, std::uint64_t stream) {
  return mix64(mix64(seed + 0x9E3779B97F4A7C15ULL) + (stream + 1) * 0x9E3779B97F4A7C15ULL);
}

/// Word number `index` of the stream: 64 random bits.
MUSTER_HD constexpr std::uint64_t random_word(std::uint64_t key, std::uint64_t index) {
  return mix64(key + (index + 1) * 0x9E3779B97F4A7C15ULL);
}

/// Sum of the twelve lowest 4-bit digits of `word`: 0..180, mean 90, variance 255.
MUSTER_HD constexpr std::uint32_t sum_of_12_digits(std::uint64_t word) {
  std::uint64_t const pairs =
      (word & 0x0F0F0F0F0F0FULL) + ((word >> 4) & 0x0F0F0F0F0F0FULL);  // six sums of two
  std::uint64_t const fours = (pairs & 0x00FF00FF00FFULL) + ((pairs >> 8) & 0x00FF00FF00FFULL);
  return static_cast<std::uint32_t>((fours + (fours >> 16) + (fours >> 32)) & 0xFFFFULL);
}

}  // namespace muster
