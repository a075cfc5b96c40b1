// One matrix product by cuBLASLt, planned once.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "kernels/cuda/buffer.hpp"
#include "kernels/gemm/gemm_problem.hpp"
#include "kernels/gemm/lt_product.hpp"

namespace muster::cuda {

/// Workspace of a product: what NVIDIA recommends from compute capability 9.0 on (cuBLAS documentation,
/// cublasSetWorkspace), and before it as well, where cuBLAS itself would take 4 MiB: algorithms that split k
/// keep partial sums of D in it, and small D with long k are fastest by them.
inline constexpr std::size_t lt_workspace_bytes = std::size_t{32} << 20;

/// Memory that products of one stream may share, since they never run at once.
using LtWorkspace = std::shared_ptr<DeviceBuffer const>;

/// `bytes`, or where there is not so much memory a half, a quarter, ... or none, which is noted: algorithms
/// that need more are then left out, and the figure may be lower. Never throws OutOfMemory.
LtWorkspace lt_workspace(std::size_t bytes, std::function<void(std::string)> const& note = {});

/// The constructor asks the heuristics, once, and takes their first answer; enqueue() runs it. Throws
/// Unsupported when they have none, DeviceError, OutOfMemory. See lt_tuner.hpp for a better answer.
class LtMatmul {
 public:
  LtMatmul(GemmProblem const& problem, LtWorkspace workspace, cudaStream_t stream,
           std::uint32_t alignment = LtProduct::usual_alignment);
  LtMatmul(GemmProblem const& problem, std::size_t workspace_bytes, cudaStream_t stream);

  /// D = A B (or A B + D), all on the device, as `problem` says. Does nothing but enqueue: it may be
  /// recorded.
  void enqueue(void const* a, void const* b, void* d) const { enqueue(GemmOperands{.a = a, .b = b, .d = d}); }
  void enqueue(GemmOperands const& operands) const;

  /// From now on this one. It has to come from product().
  void pin(LtAlgorithm const& algorithm) { algorithm_ = algorithm; }

  /// What enqueue() runs, in words: results of the same library, device model and text are the same bits.
  /// All that tells one algorithm from another, in the library's own words.
  std::string identity() const { return algorithm_.saved(); }
  std::string algorithm() const { return algorithm_.text(); }
  std::size_t workspace_used() const { return algorithm_.workspace_bytes; }

  LtProduct const& product() const { return product_; }
  DeviceBuffer const& workspace() const { return *workspace_; }
  LtWorkspace const& shared_workspace() const { return workspace_; }
  cudaStream_t stream() const { return stream_; }

 private:
  LtProduct product_;
  LtWorkspace workspace_;
  cudaStream_t stream_;
  LtAlgorithm algorithm_;
};

}  // namespace muster::cuda
