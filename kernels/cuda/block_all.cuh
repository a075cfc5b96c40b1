// Reductions over the threads of a block.
#pragma once
#include "kernels/cuda/device.cuh"

namespace muster::cuda {

/// `combine` over the values of all threads of the block (whole warps), on every thread, always in the same
/// order. All threads must come here.
template <class T, class Combine>
__device__ T block_all(T value, Combine combine) {
  __shared__ T of_warp[32];
  for (int lanes = 16; lanes > 0; lanes /= 2)
    value = combine(value, __shfl_xor_sync(0xffffffffu, value, lanes));
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
  __syncthreads();
  T all = of_warp[0];
  for (unsigned warp = 1; warp < blockDim.x / 32; ++warp) all = combine(all, of_warp[warp]);
  __syncthreads();  // before the next reduction writes of_warp
  return all;
}

}  // namespace muster::cuda
