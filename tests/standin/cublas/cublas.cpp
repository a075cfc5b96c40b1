// Stand-in for libcublas: grouped products, group by group, and no other.
#include <cublas_v2.h>

#include <cstring>
#include <optional>
#include <vector>

#include "tests/standin/cublaslt/matrix.hpp"
#include "tests/standin/cudart/hooks.hpp"
#include "tests/standin/support/faults.hpp"
#include "tests/standin/support/machine.hpp"

using namespace muster::standin;

struct cublasContext {
  cudaStream_t stream = nullptr;
  bool has_workspace = false;
};

namespace {

constexpr int version = 130000;

std::optional<cublasStatus_t> on_demand(char const* function) {
  if (auto const status = injected(function)) return static_cast<cublasStatus_t>(*status);
  return std::nullopt;
}

double scalar(cudaDataType_t type, void const* values, std::size_t index) {
  return type == CUDA_R_64F ? static_cast<double const*>(values)[index]
                            : static_cast<double>(static_cast<float const*>(values)[index]);
}

bool supported(cudaDataType_t type, cublasComputeType_t compute) {
  bool const narrow = type == CUDA_R_32F || type == CUDA_R_16F || type == CUDA_R_16BF;
  return (type == CUDA_R_64F && compute == CUBLAS_COMPUTE_64F) || (narrow && compute == CUBLAS_COMPUTE_32F);
}

Layout layout(cudaDataType_t type, int rows, int columns, int leading, bool turned) {
  return {type, static_cast<std::uint64_t>(turned ? columns : rows),
          static_cast<std::uint64_t>(turned ? rows : columns), leading};
}

/// Sizes are read when the function is called, pointers when the work is done: they are in device memory.
struct Group {
  Product what;
  std::size_t problems;
};

cudaError_t run(std::vector<Group> const& groups, void const* const a[], void const* const b[],
                void* const c[]) {
  std::size_t at = 0;
  for (auto const& group : groups) {
    for (std::size_t i = 0; i < group.problems; ++i, ++at) {
      bool const there = muster_standin_is_device_memory(a[at], extent(group.what.a)) &&
                         muster_standin_is_device_memory(b[at], extent(group.what.b)) &&
                         muster_standin_is_device_memory(c[at], extent(group.what.d));
      if (!there) return cudaErrorIllegalAddress;
      multiply(group.what, a[at], b[at], c[at], c[at]);
    }
  }
  return cudaSuccess;
}

cudaError_t spoil(std::vector<Group> const& groups, void* const c[]) {
  std::size_t last = 0;
  for (auto const& group : groups) last += group.problems;
  auto const& d = groups.back().what.d;
  auto* const byte = static_cast<unsigned char*>(c[last - 1]) + extent(d) - element_bytes(d.type) / 2;
  *byte = static_cast<unsigned char>(*byte ^ 0x40U);  // high bits of the last element
  return cudaSuccess;
}

}  // namespace

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  if (auto const status = on_demand("cublasCreate")) return *status;
  if (!machine().driver) return CUBLAS_STATUS_NOT_INITIALIZED;
  *handle = new cublasContext;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasGetVersion_v2(cublasHandle_t, int* number) {
  *number = version;
  return CUBLAS_STATUS_SUCCESS;
}

// Takes the workspace away, as the real one does.
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  if (auto const status = on_demand("cublasSetStream")) return *status;
  handle->stream = stream;
  handle->has_workspace = false;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void* workspace, std::size_t bytes) {
  if (auto const status = on_demand("cublasSetWorkspace")) return *status;
  handle->has_workspace = bytes == 0 || muster_standin_is_device_memory(workspace, bytes);
  return handle->has_workspace ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasSetMathMode(cublasHandle_t, cublasMath_t) { return CUBLAS_STATUS_SUCCESS; }

#if !defined(MUSTER_STANDIN_CUBLAS_OLD)
cublasStatus_t cublasGemmGroupedBatchedEx(cublasHandle_t handle, cublasOperation_t const transa[],
                                          cublasOperation_t const transb[], int const m[], int const n[],
                                          int const k[], void const* alpha, void const* const a[],
                                          cudaDataType_t a_type, int const lda[], void const* const b[],
                                          cudaDataType_t b_type, int const ldb[], void const* beta,
                                          void* const c[], cudaDataType_t c_type, int const ldc[],
                                          int group_count, int const group_size[],
                                          cublasComputeType_t compute) {
  auto const found = fault("cublasGemmGroupedBatchedEx");
  if (found && found->kind == Fault::Kind::status) return static_cast<cublasStatus_t>(found->value);
  if (a_type != b_type || b_type != c_type || !supported(a_type, compute)) return CUBLAS_STATUS_NOT_SUPPORTED;
  cudaDataType_t const scale = compute == CUBLAS_COMPUTE_64F ? CUDA_R_64F : CUDA_R_32F;
  std::vector<Group> groups;
  std::size_t problems = 0;
  for (std::size_t g = 0; g < static_cast<std::size_t>(group_count); ++g) {
    bool const turn_a = transa[g] == CUBLAS_OP_T, turn_b = transb[g] == CUBLAS_OP_T;
    bool const fits = lda[g] >= (turn_a ? k[g] : m[g]) && ldb[g] >= (turn_b ? n[g] : k[g]) && ldc[g] >= m[g];
    if (!fits || m[g] < 1 || n[g] < 1 || k[g] < 1) return CUBLAS_STATUS_INVALID_VALUE;
    auto const d = layout(c_type, m[g], n[g], ldc[g], false);
    groups.push_back({{{compute, scale, turn_a, turn_b},
                       layout(a_type, m[g], k[g], lda[g], turn_a),
                       layout(b_type, k[g], n[g], ldb[g], turn_b),
                       d,
                       d,
                       scalar(scale, alpha, g),
                       scalar(scale, beta, g)},
                      static_cast<std::size_t>(group_size[g])});
    problems += groups.back().problems;
  }
  for (void const* pointers :
       {static_cast<void const*>(a), static_cast<void const*>(b), static_cast<void const*>(c)}) {
    if (!muster_standin_is_device_memory(pointers, problems * sizeof(void*)))
      return CUBLAS_STATUS_INVALID_VALUE;
  }
  bool const queued = muster_standin_enqueue(handle->stream, [=] {
    if (found && found->kind == Fault::Kind::hang) hang();
    if (found && found->kind == Fault::Kind::delay) delay(found->value);
    auto const status = run(groups, a, b, c);
    bool const wrong = found && found->kind == Fault::Kind::wrong;
    return wrong && status == cudaSuccess ? spoil(groups, c) : status;
  });
  return queued ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}
#endif
}
