// What host and GPU have in common when they make Freivalds' check (R. Freivalds: "Probabilistic machines can
// use less running time", IFIP 1977): D x against A (B x) for a random x of -1 and 1.
#pragma once
#include <cstdint>

#include "kernels/contract/portable.hpp"
#include "kernels/contract/random.hpp"

namespace muster {

/// Of row i of D: the sum of its elements with the signs x, what A (B x) says of it, and |a_i|.
struct GemmRowSums {
  double got, expected, norm;
};

MUSTER_HD constexpr std::uint64_t gemm_sign_key(std::uint64_t seed) { return stream_key(seed, 0x7369676E); }

/// Sign of column j: -1 or 1.
MUSTER_HD constexpr double gemm_sign(std::uint64_t key, std::uint64_t j) {
  return (random_word(key, j) & 1U) != 0 ? 1.0 : -1.0;
}

}  // namespace muster
