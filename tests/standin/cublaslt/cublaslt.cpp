// Stand-in for libcublasLt: real products, in host memory, enqueued on stand-in streams.
#include <cublasLt.h>

#include <cstring>
#include <optional>

#include "tests/standin/cublaslt/matrix.hpp"
#include "tests/standin/cudart/hooks.hpp"
#include "tests/standin/support/faults.hpp"
#include "tests/standin/support/machine.hpp"

using namespace muster::standin;

namespace {

constexpr std::size_t version = 130000;
constexpr std::size_t workspace_bytes = 1024;  // asks for some, so that the caller has to bring it

std::optional<cublasStatus_t> on_demand(char const* function) {
  if (auto const status = injected(function)) return static_cast<cublasStatus_t>(*status);
  return std::nullopt;
}

// Ours lies in the opaque object's own words.
template <class Ours, class Opaque>
void keep(Opaque* opaque, Ours const& ours) {
  static_assert(sizeof(Ours) <= sizeof(Opaque));
  std::memcpy(opaque, &ours, sizeof ours);
}
template <class Ours, class Opaque>
Ours kept(Opaque const* opaque) {
  Ours ours;
  std::memcpy(&ours, opaque, sizeof ours);
  return ours;
}

bool fit(Operation const& operation, Layout const& a, Layout const& b, Layout const& c, Layout const& d) {
  bool const sizes = a.columns == b.rows && a.rows == d.rows && b.columns == d.columns && c.rows == d.rows &&
                     c.columns == d.columns && a.type == b.type && c.type == d.type;
  bool const wide = operation.compute == CUBLAS_COMPUTE_64F;
  bool const types = wide == (a.type == CUDA_R_64F) && wide == (operation.scale == CUDA_R_64F);
  return sizes && types && known(a.type) && known(d.type);
}

double scalar(Operation const& operation, void const* value) {
  return operation.scale == CUDA_R_64F ? *static_cast<double const*>(value)
                                       : static_cast<double>(*static_cast<float const*>(value));
}

cudaError_t spoil(Layout const& d, void* data) {
  auto* const byte = static_cast<unsigned char*>(data) + extent(d) - element_bytes(d.type) / 2;
  *byte = static_cast<unsigned char>(*byte ^ 0x40U);  // high bits of the last element
  return cudaSuccess;
}

struct Handle {};

}  // namespace

extern "C" {

std::size_t cublasLtGetVersion() { return version; }

char const* cublasLtGetStatusString(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_SUCCESS:
      return "CUBLAS_STATUS_SUCCESS";
    case CUBLAS_STATUS_NOT_INITIALIZED:
      return "CUBLAS_STATUS_NOT_INITIALIZED";
    case CUBLAS_STATUS_ALLOC_FAILED:
      return "CUBLAS_STATUS_ALLOC_FAILED";
    case CUBLAS_STATUS_INVALID_VALUE:
      return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_ARCH_MISMATCH:
      return "CUBLAS_STATUS_ARCH_MISMATCH";
    case CUBLAS_STATUS_MAPPING_ERROR:
      return "CUBLAS_STATUS_MAPPING_ERROR";
    case CUBLAS_STATUS_EXECUTION_FAILED:
      return "CUBLAS_STATUS_EXECUTION_FAILED";
    case CUBLAS_STATUS_INTERNAL_ERROR:
      return "CUBLAS_STATUS_INTERNAL_ERROR";
    case CUBLAS_STATUS_NOT_SUPPORTED:
      return "CUBLAS_STATUS_NOT_SUPPORTED";
    default:
      return "CUBLAS_STATUS_OTHER";
  }
}

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  if (auto const status = on_demand(__func__)) return *status;
  if (!machine().driver) return CUBLAS_STATUS_NOT_INITIALIZED;
  *handle = reinterpret_cast<cublasLtHandle_t>(new Handle);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  delete reinterpret_cast<Handle*>(handle);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* operation, cublasComputeType_t compute,
                                        cudaDataType_t scale) {
  if (auto const status = on_demand(__func__)) return *status;
  *operation = new cublasLtMatmulDescOpaque_t{};
  keep(*operation, Operation{compute, scale});
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t operation) {
  delete operation;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType type,
                                          std::uint64_t rows, std::uint64_t columns, std::int64_t leading) {
  if (auto const status = on_demand(__func__)) return *status;
  if (rows == 0 || columns == 0 || leading < static_cast<std::int64_t>(rows))
    return CUBLAS_STATUS_INVALID_VALUE;
  *layout = new cublasLtMatrixLayoutOpaque_t{};
  keep(*layout, Layout{type, rows, columns, leading});
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  delete layout;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
  if (auto const status = on_demand(__func__)) return *status;
  *preference = new cublasLtMatmulPreferenceOpaque_t{};
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  delete preference;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute,
                                                    void const* value, std::size_t bytes) {
  if (auto const status = on_demand(__func__)) return *status;
  // It never splits k, so that every set of reduction schemes is as good.
  if (attribute == CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK && bytes == sizeof(std::uint32_t)) {
    return CUBLAS_STATUS_SUCCESS;
  }
  if (attribute != CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES || bytes != sizeof(std::uint64_t)) {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  std::memcpy(preference, value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t operation,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int requested,
                                              cublasLtMatmulHeuristicResult_t results[], int* found) {
  *found = 0;
  if (auto const status = on_demand(__func__)) return *status;
  if (requested < 1) return CUBLAS_STATUS_INVALID_VALUE;
  if (!fit(kept<Operation>(operation), kept<Layout>(a), kept<Layout>(b), kept<Layout>(c), kept<Layout>(d))) {
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  results[0] = {};
  results[0].workspaceSize = kept<std::uint64_t>(preference) >= workspace_bytes ? workspace_bytes : 0;
  results[0].state = CUBLAS_STATUS_SUCCESS;
  results[0].wavesCount = 1;
  *found = 1;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t operation_desc, void const* alpha,
                              void const* a, cublasLtMatrixLayout_t a_desc, void const* b,
                              cublasLtMatrixLayout_t b_desc, void const* beta, void const* c,
                              cublasLtMatrixLayout_t c_desc, void* d, cublasLtMatrixLayout_t d_desc,
                              cublasLtMatmulAlgo_t const*, void* workspace, std::size_t bytes,
                              cudaStream_t stream) {
  auto const injected_fault = fault(__func__);
  if (injected_fault && injected_fault->kind == Fault::Kind::status) {
    return static_cast<cublasStatus_t>(injected_fault->value);
  }
  auto const operation = kept<Operation>(operation_desc);
  Product const what{operation,
                     kept<Layout>(a_desc),
                     kept<Layout>(b_desc),
                     kept<Layout>(c_desc),
                     kept<Layout>(d_desc),
                     scalar(operation, alpha),
                     scalar(operation, beta)};
  if (!fit(operation, what.a, what.b, what.c, what.d)) return CUBLAS_STATUS_NOT_SUPPORTED;
  bool const in_place = muster_standin_is_device_memory(a, extent(what.a)) &&
                        muster_standin_is_device_memory(b, extent(what.b)) &&
                        muster_standin_is_device_memory(d, extent(what.d)) &&
                        (bytes == 0 || muster_standin_is_device_memory(workspace, bytes));
  if (!in_place) return CUBLAS_STATUS_INVALID_VALUE;  // the real one would fault on the device
  bool const queued = muster_standin_enqueue(stream, [=] {
    if (injected_fault && injected_fault->kind == Fault::Kind::hang) hang();
    if (injected_fault && injected_fault->kind == Fault::Kind::delay) delay(injected_fault->value);
    multiply(what, a, b, c, d);
    return injected_fault && injected_fault->kind == Fault::Kind::wrong ? spoil(what.d, d) : cudaSuccess;
  });
  return queued ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}
}
