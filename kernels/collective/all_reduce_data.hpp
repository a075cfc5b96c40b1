// Input of the all-reduce, made from counters: the sum over ranks is exact in the element type in whatever
// order it is formed, so every element of the result has one right value. Compiles under g++ and nvcc.
#pragma once
#include <cstdint>

#include "kernels/contract/portable.hpp"
#include "kernels/contract/random.hpp"

namespace muster {

enum class ReduceType { float32, float64, float16, bfloat16 };

/// Every value is an odd integer from -15 to 15 (never 0, so a missing rank shows in every element). Integers
/// are exact up to 2^8 in bfloat16, 2^11 in float16, 2^24 in float32, 2^53 in float64, so at most 17, 136,
/// 1118481, ... ranks may add to one element. With more ranks than `block` (16, 128, 1048576, 1048576), ranks
/// form blocks of that size, one block, drawn at random, has values in an element, and the others have 0
/// there.
MUSTER_HD constexpr int all_reduce_block(ReduceType type) {
  return type == ReduceType::bfloat16 ? 16 : type == ReduceType::float16 ? 128 : 1 << 20;
}

/// The block of ranks that has values in element `index`.
MUSTER_HD inline int all_reduce_active_block(ReduceType type, std::uint64_t seed, int ranks,
                                             std::uint64_t index) {
  int const block = all_reduce_block(type);
  int const blocks = (ranks + block - 1) / block;
  if (blocks == 1) return 0;
  return static_cast<int>(random_word(stream_key(seed, 0x626C6B), index) %
                          static_cast<std::uint64_t>(blocks));
}

/// 64 random bits hold the values of 16 ranks, 4 bits each.
MUSTER_HD inline std::uint64_t all_reduce_word(std::uint64_t seed, int sixteen, std::uint64_t index) {
  return random_word(stream_key(seed, 0x72656400ULL + static_cast<std::uint64_t>(sixteen)), index);
}

/// What `rank` of `ranks` puts into element `index`.
MUSTER_HD inline int all_reduce_input(ReduceType type, std::uint64_t seed, int ranks, int rank,
                                      std::uint64_t index) {
  if (all_reduce_active_block(type, seed, ranks, index) != rank / all_reduce_block(type)) return 0;
  auto const digit = static_cast<int>(all_reduce_word(seed, rank / 16, index) >> (4 * (rank % 16)) & 15U);
  return 2 * digit - 15;
}

/// The sum of all ranks' inputs in element `index`.
MUSTER_HD inline int all_reduce_expected(ReduceType type, std::uint64_t seed, int ranks,
                                         std::uint64_t index) {
  int const block = all_reduce_block(type);
  int const first = all_reduce_active_block(type, seed, ranks, index) * block;
  int const last = first + block < ranks ? first + block : ranks;
  int sum = 0;
  for (int rank = first; rank < last; rank += 16) {
    int const here = last - rank < 16 ? last - rank : 16;
    std::uint64_t const word = all_reduce_word(seed, rank / 16, index);
    for (int i = 0; i < here; ++i) sum += static_cast<int>(word >> (4 * i) & 15U);
  }
  return 2 * sum - 15 * (last - first);
}

}  // namespace muster
