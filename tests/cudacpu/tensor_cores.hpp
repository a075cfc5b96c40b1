// The tensor cores' products that our kernels use, by the layouts of the PTX manual 9.0, "Matrix Fragments
// for mma.m16n8k16 with floating point type". Sums are rounded once, where hardware may cut off each addend.
#pragma once
#include <cstdint>

#include "kernels/contract/float16.hpp"
#include "tests/cudacpu/execution.hpp"

namespace cudacpu {

/// What all lanes brought along, two words each.
inline Exchange gather(unsigned low, unsigned high, Where where) {
  return warp_exchange(WarpOperation::shuffle, 0xffffffffu, static_cast<std::uint64_t>(high) << 32 | low,
                       where);
}

/// Number `k` (0 to 15) of row or column `line` (0 to 7) of a fragment: 2t and 2t + 1 are in the low words,
/// the same plus 8 in the high ones.
inline double fragment_value(Exchange const& words, unsigned line, unsigned k) {
  std::uint64_t const both = words.values[line * 4 + k % 8 / 2];
  auto const word = static_cast<std::uint32_t>(k < 8 ? both : both >> 32);
  return static_cast<double>(muster::from_fp16(static_cast<std::uint16_t>(k % 2 == 0 ? word : word >> 16)));
}

inline void multiply_m16n8k16(float (&sums)[4], unsigned const (&a)[4], unsigned b0, unsigned b1,
                              Where where = Where::current()) {
  Exchange const upper = gather(a[0], a[2], where), lower = gather(a[1], a[3], where),
                 right = gather(b0, b1, where);
  unsigned const row = lane() / 4, column = lane() % 4 * 2;
  for (unsigned i = 0; i < 4; ++i) {
    double sum = static_cast<double>(sums[i]);
    for (unsigned k = 0; k < 16; ++k)
      sum += fragment_value(i < 2 ? upper : lower, row, k) * fragment_value(right, column + i % 2, k);
    sums[i] = static_cast<float>(sum);
  }
}

}  // namespace cudacpu
