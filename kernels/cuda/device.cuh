// What every kernel of ours starts from. Compiles under nvcc, and under g++ with an execution model of CUDA
// on the CPU (tests/cudacpu), so kernels are tested where there is no GPU.
#pragma once
#if defined(__CUDACC__)
#include <cuda_runtime.h>
#else
#include "cudacpu.hpp"
#endif

#include <cstdint>

namespace muster::cuda {

/// Threads of a block, for all our kernels.
inline constexpr int block_size = 256;

/// 16 bytes that move in one access.
template <class T>
struct alignas(16) Pack {
  static constexpr int size = 16 / static_cast<int>(sizeof(T));
  T at[size];
};

/// This thread's first index of a loop over the whole grid, and the step to its next.
__device__ inline std::uint64_t grid_first() {
  return static_cast<std::uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ inline std::uint64_t grid_step() { return static_cast<std::uint64_t>(gridDim.x) * blockDim.x; }

}  // namespace muster::cuda
