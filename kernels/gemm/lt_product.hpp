// One product (or a batch of them) in cuBLASLt's words: what its functions are asked for and called with.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/cuda/buffer.hpp"
#include "kernels/gemm/gemm_problem.hpp"
#include "kernels/gemm/lt_algorithm.hpp"

namespace muster::cuda {

/// Device memory of one product's operands and result, each as GemmProblem says.
struct GemmOperands {
  void const* a = nullptr;
  void const* b = nullptr;
  void* d = nullptr;
  bool add = false;  ///< D = A B + D
};

/// Everything is row-major here and column-major there: D' = B' A', so the operands change places. fp8 is
/// summed fast, that is in the tensor core's own accumulator throughout (CUBLASLT_MATMUL_DESC_FAST_ACCUM),
/// which is what published fp8 figures are of. The library is opened by the first one. Throws Unsupported,
/// OutOfMemory, DeviceError.
class LtProduct {
 public:
  static constexpr std::uint32_t usual_alignment = 256;  ///< that cuBLASLt counts on; cudaMalloc's
  /// `alignment`: of every operand that enqueue() will be given, in bytes.
  explicit LtProduct(GemmProblem const& problem, std::uint32_t alignment = usual_alignment);

  /// The heuristics' answer, their favourite first: at least one and at most `most`, none of which needs more
  /// workspace than given. Throws Unsupported when there is none.
  std::vector<LtAlgorithm> candidates(int most, std::size_t workspace_bytes) const;

  /// What LtAlgorithm::saved() wrote for the same product; absent when cuBLASLt refuses it here and now.
  std::optional<LtAlgorithm> restored(std::string const& saved, std::size_t workspace_bytes) const;

  void enqueue(LtAlgorithm const& algorithm, GemmOperands const& operands, DeviceBuffer const& workspace,
               cudaStream_t stream) const;

  GemmProblem const& problem() const { return problem_; }

 private:
  GemmProblem problem_;
  std::uint32_t alignment_;
  LtHandle handle_;
  LtOperation operation_;
  LtLayout a_, b_, d_;
};

}  // namespace muster::cuda
