// How many sets of operands take turns, so that a launch does not find its own in the cache.
#pragma once
#include <algorithm>
#include <cstdint>

#include "kernels/contract/regime.hpp"

namespace muster {

inline constexpr std::uint64_t most_operand_sets = 64;

/// Sets of `set_bytes` (A, B and D): four times the cache in all, since caches go by address; half of the
/// free memory at most, 64 at most. One where caches are emptied before each launch anyway (regime cold), or
/// where their size is not known. (CUTLASS' profiler rotates workspaces in the same way.)
inline unsigned operand_sets(std::uint64_t set_bytes, std::uint64_t cache_bytes, std::uint64_t free_bytes,
                             Regime regime) {
  if (regime == Regime::cold || set_bytes == 0) return 1;
  std::uint64_t const wanted = (4 * cache_bytes + set_bytes - 1) / set_bytes;
  std::uint64_t const fitting = free_bytes / 2 / set_bytes;
  return static_cast<unsigned>(std::max<std::uint64_t>(1, std::min({wanted, fitting, most_operand_sets})));
}

}  // namespace muster
