// The kernels of gemm_check.cuh, to be enqueued from C++.
#pragma once
#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/gemm/gemm_check_layout.hpp"

namespace muster::cuda {

/// Enqueues our kernels; each throws DeviceError. `units`: multiprocessors of the device.
struct GemmCheckKernels {
  int units;
  cudaStream_t stream;

  /// Adds the checksums of all results to `slots`, checksum_slots a result.
  void checksum(GemmResults const& results, unsigned sets, unsigned long long* slots) const;

  /// Empties the slots into `sums` and counts the results as one more sample. A result whose sum is `blank`
  /// has not been written since it was spoiled; it is wrong only where its bit of `written` says that it must
  /// have been.
  void count(unsigned long long* slots, unsigned long long* sums, unsigned sets, std::uint64_t blank,
             std::uint64_t written, GemmSamples* samples, std::uint64_t number) const;

  /// out[r] = row r of B, counted over all products, times Freivalds' signs.
  void b_times_signs(GemmProblem const& problem, double* out) const;
  /// Freivalds' sums of every row of D, which has type problem.output.
  void row_sums(GemmProblem const& problem, void const* d, double const* b_times_signs,
                GemmRowSums* out) const;

  /// `d` has type problem.output, `fine` is the same product in fp32; `sums` knows the rows' norms.
  void compare_fine(GemmProblem const& problem, void const* d, float const* fine, GemmRowSums const* sums,
                    GemmCloseness const& closeness, GemmDistant* found) const;
};

}  // namespace muster::cuda
