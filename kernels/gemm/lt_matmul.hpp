// One matrix product by cuBLASLt, planned once.
#pragma once
#include "kernels/cuda/buffer.hpp"
#include "kernels/gemm/cublas_lt.hpp"
#include "kernels/gemm/gemm_problem.hpp"

namespace muster::cuda {

/// Workspace that NVIDIA recommends (cuBLAS documentation, cublasSetWorkspace): 32 MiB from compute
/// capability 9.0 on, 4 MiB before.
std::size_t lt_workspace_bytes(int device);

/// The constructor asks the heuristics, once, and takes their first answer; enqueue() runs it. Throws
/// Unsupported when they have none, DeviceError, OutOfMemory.
class LtMatmul {
 public:
  LtMatmul(GemmProblem const& problem, std::size_t workspace_bytes, cudaStream_t stream);
  /// D = A B; all three row-major and dense, on the device.
  void enqueue(void const* a, void const* b, void* d) const;
  std::size_t workspace_used() const { return algorithm_.workspaceSize; }

 private:
  void choose(std::size_t workspace_bytes);

  GemmProblem problem_;
  cudaStream_t stream_;
  LtHandle handle_;
  LtOperation operation_;
  LtLayout a_, b_, d_;
  cublasLtMatmulHeuristicResult_t algorithm_{};
  DeviceBuffer workspace_;
};

}  // namespace muster::cuda
