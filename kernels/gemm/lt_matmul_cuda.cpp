#include "kernels/gemm/lt_matmul.hpp"

#include <cstdint>
#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "kernels/contract/error.hpp"
#include "kernels/cuda/error.hpp"

namespace muster::cuda {
namespace {

struct LtTypes {
  cublasComputeType_t compute;
  cudaDataType_t scale;
};

/// Everything below fp64 is summed in fp32.
LtTypes types_of(GemmType type) {
  switch (type) {
    case GemmType::fp64:
      return {CUBLAS_COMPUTE_64F, CUDA_R_64F};
    case GemmType::tf32:
      return {CUBLAS_COMPUTE_32F_FAST_TF32, CUDA_R_32F};
    case GemmType::fp32:
    case GemmType::fp16:
    case GemmType::bf16:
      return {CUBLAS_COMPUTE_32F, CUDA_R_32F};
  }
  throw Unsupported("cuBLASLt has no such type");
}

cudaDataType_t stored_as(GemmType type) {
  switch (type) {
    case GemmType::fp64:
      return CUDA_R_64F;
    case GemmType::fp32:
    case GemmType::tf32:
      return CUDA_R_32F;
    case GemmType::fp16:
      return CUDA_R_16F;
    case GemmType::bf16:
      return CUDA_R_16BF;
  }
  throw Unsupported("cuBLASLt has no such type");
}

/// A row-major matrix is the column-major form of its transpose.
LtLayout row_major(GemmType type, std::int64_t rows, std::int64_t columns) {
  LtLayout layout;
  check(cublasLtMatrixLayoutCreate(layout.slot(), stored_as(type), static_cast<std::uint64_t>(columns),
                                   static_cast<std::uint64_t>(rows), columns),
        "cublasLtMatrixLayoutCreate");
  return layout;
}

}  // namespace

std::size_t lt_workspace_bytes(int device) {
  int major = 0;
  check(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device), "cudaDeviceGetAttribute");
  return std::size_t{major >= 9 ? 32U : 4U} << 20;
}

LtMatmul::LtMatmul(GemmProblem const& problem, std::size_t workspace_bytes, cudaStream_t stream)
    : problem_(problem),
      stream_(stream),
      a_(row_major(problem.type, problem.m, problem.k)),
      b_(row_major(problem.type, problem.k, problem.n)),
      d_(row_major(problem.output, problem.m, problem.n)) {
  check(cublasLtCreate(handle_.slot()), "cublasLtCreate");
  auto const types = types_of(problem.type);
  check(cublasLtMatmulDescCreate(operation_.slot(), types.compute, types.scale), "cublasLtMatmulDescCreate");
  choose(workspace_bytes);
  workspace_ = DeviceBuffer(algorithm_.workspaceSize, "cuBLASLt's workspace");
}

void LtMatmul::choose(std::size_t workspace_bytes) {
  LtPreference preference;
  check(cublasLtMatmulPreferenceCreate(preference.slot()), "cublasLtMatmulPreferenceCreate");
  check(cublasLtMatmulPreferenceSetAttribute(preference.get(), CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                             &workspace_bytes, sizeof workspace_bytes),
        "cublasLtMatmulPreferenceSetAttribute");
  // Split-K sums that are kept in a 16-bit output lose more than verification allows.
  std::uint32_t const reductions = CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
  check(cublasLtMatmulPreferenceSetAttribute(
            preference.get(), CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &reductions, sizeof reductions),
        "cublasLtMatmulPreferenceSetAttribute");
  int found = 0;
  // D' = B' A', so the operands change places.
  auto const status =
      cublasLtMatmulAlgoGetHeuristic(handle_.get(), operation_.get(), b_.get(), a_.get(), d_.get(), d_.get(),
                                     preference.get(), 1, &algorithm_, &found);
  if (status == CUBLAS_STATUS_SUCCESS && found > 0)
    return check(algorithm_.state, "cublasLtMatmulAlgoGetHeuristic");
  if (status != CUBLAS_STATUS_SUCCESS) check(status, "cublasLtMatmulAlgoGetHeuristic");
  throw Unsupported(fmt::format("cuBLASLt has no algorithm for {} {}x{}x{} on this GPU; leave the case out",
                                name(problem_.type), problem_.m, problem_.n, problem_.k));
}

void LtMatmul::enqueue(void const* a, void const* b, void* d) const {
  // One and zero, in the scale type: cuBLASLt does not read C where beta is zero.
  double const one = 1, zero = 0;
  float const one_f = 1, zero_f = 0;
  bool const wide = problem_.type == GemmType::fp64;
  void const* const alpha = wide ? static_cast<void const*>(&one) : &one_f;
  void const* const beta = wide ? static_cast<void const*>(&zero) : &zero_f;
  check(cublasLtMatmul(handle_.get(), operation_.get(), alpha, b, b_.get(), a, a_.get(), beta, d, d_.get(), d,
                       d_.get(), &algorithm_.algo, workspace_.as(), workspace_.bytes(), stream_),
        "cublasLtMatmul");
}

}  // namespace muster::cuda
