#include <algorithm>

#include "kernels/cuda/error.hpp"
#include "kernels/cuda/grid.hpp"
#include "kernels/gemm/gemm_check.cuh"
#include "kernels/gemm/gemm_check_kernels_cuda.hpp"

namespace muster::cuda {

void GemmCheckKernels::checksum(GemmResults const& results, unsigned sets, unsigned long long* slots) const {
  auto const blocks = grid_size(results.bytes / 128 + 1, units, block_size);  // 16 words a thread at least
  dim3 const grid(std::max(1U, blocks / sets), sets);
  gemm_checksum_results<<<grid, block_size, 0, stream>>>(results, slots);
  check(cudaGetLastError(), "gemm_checksum_results");
}

void GemmCheckKernels::count(unsigned long long* slots, unsigned long long* sums, unsigned sets,
                             std::uint64_t blank, std::uint64_t written, GemmSamples* samples,
                             std::uint64_t number) const {
  gemm_count_samples<<<1, block_size, 0, stream>>>(slots, sums, sets, blank, written, samples, number);
  check(cudaGetLastError(), "gemm_count_samples");
}

void GemmCheckKernels::b_times_signs(GemmProblem const& problem, double* out) const {
  auto const rows = static_cast<std::uint64_t>(problem.batch) * static_cast<std::uint64_t>(problem.k);
  gemm_b_times_signs<<<grid_size(rows, units, block_size), block_size, 0, stream>>>(problem, problem.b_type(),
                                                                                    out);
  check(cudaGetLastError(), "gemm_b_times_signs");
}

void GemmCheckKernels::row_sums(GemmProblem const& problem, void const* d, double const* b_times_signs,
                                GemmRowSums* out) const {
  auto const blocks = grid_size(problem.d_rows(), units, block_size);
  gemm_row_sums_of<<<blocks, block_size, 0, stream>>>(problem, d, b_times_signs, out);
  check(cudaGetLastError(), "gemm_row_sums_of");
}

void GemmCheckKernels::compare_fine(GemmProblem const& problem, void const* d, float const* fine,
                                    GemmRowSums const* sums, GemmCloseness const& closeness,
                                    GemmDistant* found) const {
  auto const blocks = grid_size(problem.d_count(), units, block_size);
  gemm_compare_fine<<<blocks, block_size, 0, stream>>>(problem, d, fine, sums, closeness, found);
  check(cudaGetLastError(), "gemm_compare_fine");
}

}  // namespace muster::cuda
