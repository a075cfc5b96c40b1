#include "kernels/cuda/error.hpp"
#include "kernels/cuda/grid.hpp"
#include "kernels/training/adamw.cuh"
#include "kernels/training/adamw_kernels_cuda.hpp"

namespace muster::training::cuda {

void adamw_fill(AdamwOnDevice const& a, AdamwKeys const& keys, int units, cudaStream_t stream) {
  auto const blocks = muster::cuda::grid_size(a.count, units, block_size);
  training_adamw_fill<<<blocks, block_size, 0, stream>>>(a.weight, a.m, a.v, a.gradient, a.copy, a.count,
                                                         keys);
  muster::cuda::check(cudaGetLastError(), "training_adamw_fill");
}

// One tile a block: see kernels/memory/memory_kernels_cuda.cu.
void adamw_step(AdamwOnDevice const& a, AdamwStep const& step, cudaStream_t stream) {
  constexpr std::uint64_t tile = static_cast<std::uint64_t>(adamw_width) * adamw_unroll * block_size;
  auto const blocks =
      static_cast<unsigned>(std::min<std::uint64_t>((a.count + tile - 1) / tile, (1ULL << 31) - 1));
  training_adamw<<<blocks, block_size, 0, stream>>>(a.weight, a.m, a.v, a.gradient, a.copy, a.count, step);
  muster::cuda::check(cudaGetLastError(), "training_adamw");
}

}  // namespace muster::training::cuda
