// A fingerprint of an array's bits, the same on host and GPU, made in any order by any number of threads.
#pragma once
#include <cstdint>

#include "kernels/contract/portable.hpp"
#include "kernels/contract/random.hpp"

namespace muster {

class Team;

/// What word `index` (8 bytes) of an array adds to its checksum; the sum is taken modulo 2^64. Mixing is
/// bijective, so that any change within one word changes the sum for certain; changes in several words, or
/// words that change places, pass with a chance of 2^-64.
MUSTER_HD constexpr std::uint64_t checksum_term(std::uint64_t index, std::uint64_t word) {
  return mix64(word + (index + 1) * 0x9E3779B97F4A7C15ULL);
}

/// Checksum of `bytes` bytes at `data`, aligned to 8; a last word that is not whole is filled up with zeros.
/// Threads of `team` share the work.
std::uint64_t gemm_checksum(void const* data, std::uint64_t bytes, Team& team);

}  // namespace muster
