// The few functions of cuBLAS itself that are wanted beyond cuBLASLt's, found by name when first wanted.
#pragma once
#include <cublas_v2.h>

#include <memory>

namespace muster::cuda {

struct CublasApi {
  /// Spelled out, since headers before CUDA 12.5 lack the function.
  using GroupedBatchedEx = cublasStatus_t(cublasHandle_t, cublasOperation_t const transa[],
                                          cublasOperation_t const transb[], int const m[], int const n[],
                                          int const k[], void const* alpha, void const* const a[],
                                          cudaDataType_t a_type, int const lda[], void const* const b[],
                                          cudaDataType_t b_type, int const ldb[], void const* beta,
                                          void* const c[], cudaDataType_t c_type, int const ldc[], int groups,
                                          int const group_size[], cublasComputeType_t compute);

  decltype(&cublasCreate_v2) create = nullptr;
  decltype(&cublasDestroy_v2) destroy = nullptr;
  decltype(&cublasGetVersion_v2) version = nullptr;
  decltype(&cublasSetStream_v2) set_stream = nullptr;
  decltype(&cublasSetWorkspace_v2) set_workspace = nullptr;
  decltype(&cublasSetMathMode) set_math_mode = nullptr;
  GroupedBatchedEx* grouped = nullptr;  ///< null before cuBLAS 12.5
};

/// Throws Unsupported, with the remedy, when libcublas is missing.
CublasApi const& cublas();

struct DestroyCublas {
  void operator()(cublasHandle_t handle) const { (void)cublas().destroy(handle); }
};
using CublasHandle = std::unique_ptr<cublasContext, DestroyCublas>;

/// Sums of 16-bit products are kept in 32 bits throughout. Throws what check(cublasStatus_t) does.
CublasHandle open_cublas(cudaStream_t stream, void* workspace, std::size_t workspace_bytes);

}  // namespace muster::cuda
