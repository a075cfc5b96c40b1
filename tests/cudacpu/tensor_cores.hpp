// The tensor cores' products that our kernels use, by the layouts of the PTX manual 9.0, "Matrix Fragments
// for mma.m16n8k16 with floating point type". Sums are rounded once, where hardware may cut off each addend.
#pragma once
#include <bit>
#include <cstdint>
#include <limits>

#include "kernels/contract/float16.hpp"
#include "tests/cudacpu/execution.hpp"

namespace cudacpu {

/// What one lane holds of a product's matrices.
struct Fragments {
  float* sums;    ///< four
  unsigned a[4];  ///< 2t and 2t + 1 of rows g and g + 8, then the same plus 8
  unsigned b[2];  ///< 2t and 2t + 1 of column g, then the same plus 8
};

/// Two float16 numbers to two neighbouring floats.
inline void unpack(unsigned word, float* to) {
  to[0] = muster::from_fp16(static_cast<std::uint16_t>(word));
  to[1] = muster::from_fp16(static_cast<std::uint16_t>(word >> 16));
}

/// sums += a * b of a whole warp. A lane that takes no part brings NaN.
inline void multiply_fragments(Exchange const& all) {
  constexpr float unknown = std::numeric_limits<float>::quiet_NaN();
  float a[16][16], b[8][16];
  for (unsigned lane = 0; lane < 32; ++lane) {
    unsigned const g = lane / 4, k = lane % 4 * 2;
    if ((all.lanes >> lane & 1u) == 0) {
      for (unsigned i = 0; i < 4; ++i) a[g + i % 2 * 8][k + i / 2 * 8] = b[g][k + i / 2 * 8] = unknown;
      continue;
    }
    auto const& mine = *std::bit_cast<Fragments const*>(all.values[lane]);
    for (unsigned i = 0; i < 4; ++i) unpack(mine.a[i], &a[g + i % 2 * 8][k + i / 2 * 8]);
    for (unsigned i = 0; i < 2; ++i) unpack(mine.b[i], &b[g][k + i * 8]);
  }
  for (unsigned lane = 0; lane < 32; ++lane) {
    if ((all.lanes >> lane & 1u) == 0) continue;
    float* const sums = std::bit_cast<Fragments const*>(all.values[lane])->sums;
    for (unsigned i = 0; i < 4; ++i) {
      float const *const row = a[lane / 4 + i / 2 * 8], *const column = b[lane % 4 * 2 + i % 2];
      auto sum = static_cast<double>(sums[i]);
      for (unsigned k = 0; k < 16; ++k) sum += static_cast<double>(row[k]) * static_cast<double>(column[k]);
      sums[i] = static_cast<float>(sum);
    }
  }
}

inline void multiply_m16n8k16(float (&sums)[4], unsigned const (&a)[4], unsigned b0, unsigned b1,
                              Where where = Where::current()) {
  Fragments const mine{sums, {a[0], a[1], a[2], a[3]}, {b0, b1}};
  warp_together(WarpOperation::product, 0xffffffffu, std::bit_cast<std::uint64_t>(&mine), multiply_fragments,
                where);
}

}  // namespace cudacpu
