// One product of small matrices by a warp's tensor cores. Every lane holds a share of each matrix; which one
// is said by the PTX manual, "Matrix Fragments for mma.m16n8k16": with g = lane / 4 and t = lane % 4, `a` has
// rows g and g + 8 (16 in all), `b` column g (8 in all), both at 2t, 2t + 1 and the same plus 8 of their
// common side of 16, and `sums` rows g and g + 8 at columns 2t, 2t + 1.
#pragma once
#include "kernels/cuda/device.cuh"

namespace muster::cuda {

/// sums += a * b, float16 numbers two to a word, sums as floats. All lanes of the warp call it together.
__device__ inline void multiply_add(float (&sums)[4], unsigned const (&a)[4], unsigned b0, unsigned b1) {
#if defined(__CUDACC__)
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else
  cudacpu::multiply_m16n8k16(sums, a, b0, b1);
#endif
}

}  // namespace muster::cuda
