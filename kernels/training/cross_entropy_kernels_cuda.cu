#include "kernels/cuda/error.hpp"
#include "kernels/cuda/grid.hpp"
#include "kernels/training/cross_entropy.cuh"
#include "kernels/training/cross_entropy_kernels_cuda.hpp"

namespace muster::training::cuda {

void cross_entropy_fill(CrossEntropyProblem const& problem, CrossEntropyOnDevice const& a, int units,
                        cudaStream_t stream) {
  auto const blocks = muster::cuda::grid_size(problem.count(), units, block_size);
  training_cross_entropy_fill<<<blocks, block_size, 0, stream>>>(
      a.logits, a.targets, problem.tokens, problem.vocabulary, cross_entropy_keys(problem.seed));
  muster::cuda::check(cudaGetLastError(), "training_cross_entropy_fill");
}

// The second pass finds in the L2 what the first one read, if the tokens at work fit: with one block of 1024
// threads to a multiprocessor 132 x 256 KB at 128 K words on an H100, 34 of its 50 MB. Small vocabularies fit
// anyway, and take smaller blocks: while one waits at its end, others go on.
void cross_entropy(CrossEntropyProblem const& problem, CrossEntropyOnDevice const& a, cudaStream_t stream) {
  auto const packs = problem.vocabulary / Bf16Pack::size;
  auto const wanted =
      static_cast<unsigned>((packs + cross_entropy_packs - 1) / cross_entropy_packs + 31) / 32 * 32;
  auto const most = problem.vocabulary > 65536 ? 1024U : 512U;
  training_cross_entropy<<<static_cast<unsigned>(problem.tokens), std::min(wanted, most), 0, stream>>>(
      a.logits, a.targets, a.gradient, a.loss, static_cast<int>(problem.vocabulary), problem.scale());
  muster::cuda::check(cudaGetLastError(), "training_cross_entropy");
}

}  // namespace muster::training::cuda
