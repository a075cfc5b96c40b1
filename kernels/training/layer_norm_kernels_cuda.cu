#include "kernels/cuda/error.hpp"
#include "kernels/cuda/grid.hpp"
#include "kernels/training/layer_norm.cuh"
#include "kernels/training/layer_norm_kernels_cuda.hpp"

namespace muster::training::cuda {

void layer_norm_fill(LayerNormProblem const& problem, LayerNormOnDevice const& a, int units,
                     cudaStream_t stream) {
  auto const blocks = muster::cuda::grid_size(problem.count(), units, block_size);
  training_layer_norm_fill<<<blocks, block_size, 0, stream>>>(
      a.x, a.residual, a.gamma, a.beta, problem.count(), problem.columns, layer_norm_keys(problem.seed));
  muster::cuda::check(cudaGetLastError(), "training_layer_norm_fill");
}

// As few threads a block as hold the row: short rows then have many blocks at work in one multiprocessor, and
// a row of up to 1024 columns needs one warp.
void layer_norm(LayerNormProblem const& problem, LayerNormOnDevice const& a, cudaStream_t stream) {
  constexpr std::uint64_t a_thread = layer_norm_packs * Bf16Pack::size;
  auto const threads = static_cast<unsigned>((problem.columns + a_thread - 1) / a_thread + 31) / 32 * 32;
  training_layer_norm<<<static_cast<unsigned>(problem.rows), threads, 0, stream>>>(
      a.x, a.residual, a.gamma, a.beta, a.sum, a.y, static_cast<int>(problem.columns));
  muster::cuda::check(cudaGetLastError(), "training_layer_norm");
}

}  // namespace muster::training::cuda
