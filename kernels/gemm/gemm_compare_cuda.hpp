#pragma once
#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/cuda/buffer.hpp"
#include "kernels/gemm/gemm_problem.hpp"

namespace muster::cuda {

/// Compares results of one GEMM with that of the algorithm that is trusted.
class GemmCompare {
 public:
  /// `d` holds the trusted result: the first of its bytes are copied, all of them if memory allows, else a
  /// half, a quarter... Throws OutOfMemory when not even a page of it can be kept. `units`: multiprocessors
  /// of the device.
  GemmCompare(GemmProblem const& problem, void const* d, int units, cudaStream_t stream);

  /// Does `d` agree? Two right answers may each be off as far as GemmLimits says, so twice that is allowed,
  /// for a row four times as long as the root mean square of D: rows of normal numbers differ by far less.
  /// Waits for the stream.
  bool agrees(void const* d) const;

  std::uint64_t compared() const { return count_; }  ///< elements

 private:
  GemmType type_;
  int units_;
  cudaStream_t stream_;
  std::uint64_t count_;
  DeviceBuffer reference_, far_;
  double relative_ = 0, absolute_ = 0;
};

}  // namespace muster::cuda
