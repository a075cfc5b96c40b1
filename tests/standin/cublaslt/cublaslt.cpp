// Stand-in for libcublasLt: real products, in host memory, enqueued on stand-in streams.
#include <cublasLt.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

#include "tests/standin/cublaslt/algorithms.hpp"
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
  static_assert(std::is_trivially_copyable_v<Ours>);
  std::memcpy(static_cast<void*>(&ours), opaque, sizeof ours);
  return ours;
}

// The real library's rules that matter here: 8-bit types come as "TN" only, in multiples of 16 (fp8) or 4
// (int8).
bool types_fit(Operation const& operation, Layout const& a, Layout const& b, Layout const& d) {
  auto const fp8 = [](Layout const& x) { return x.type == CUDA_R_8F_E4M3 || x.type == CUDA_R_8F_E5M2; };
  auto const whole = [&](std::uint64_t granule) {
    return operation.turn_a && !operation.turn_b && a.rows % granule == 0 && d.rows % granule == 0;
  };
  if (fp8(a) && fp8(b)) {
    bool const both_e5m2 = a.type == CUDA_R_8F_E5M2 && b.type == CUDA_R_8F_E5M2;
    return operation.compute == CUBLAS_COMPUTE_32F && !both_e5m2 && whole(16) && d.type != CUDA_R_64F;
  }
  if (a.type != b.type) return false;
  if (a.type == CUDA_R_8I) {
    return operation.compute == CUBLAS_COMPUTE_32I && operation.scale == CUDA_R_32I && d.type == CUDA_R_32I &&
           whole(4);
  }
  bool const wide = operation.compute == CUBLAS_COMPUTE_64F;
  return wide == (a.type == CUDA_R_64F) && wide == (operation.scale == CUDA_R_64F) && d.type != CUDA_R_32I;
}

bool fit(Operation const& operation, Layout const& a, Layout const& b, Layout const& c, Layout const& d) {
  bool const sizes = columns(a, operation.turn_a) == rows(b, operation.turn_b) &&
                     rows(a, operation.turn_a) == d.rows && columns(b, operation.turn_b) == d.columns &&
                     c.rows == d.rows && c.columns == d.columns && c.type == d.type;
  bool const batches = a.batch == b.batch && b.batch == c.batch && c.batch == d.batch;
  return sizes && batches && known(a.type) && known(d.type) && types_fit(operation, a, b, d);
}

double scalar(Operation const& operation, void const* value) {
  switch (operation.scale) {
    case CUDA_R_64F:
      return *static_cast<double const*>(value);
    case CUDA_R_32I:
      return *static_cast<std::int32_t const*>(value);
    default:
      return static_cast<double>(*static_cast<float const*>(value));
  }
}

cudaError_t spoil(Layout const& d, void* data) {
  auto* const byte =
      static_cast<unsigned char*>(data) + extent(d) - std::max<std::size_t>(element_bytes(d.type) / 2, 1);
  *byte = static_cast<unsigned char>(*byte ^ 0x40U);  // high bits of the last element
  return cudaSuccess;
}

struct Handle {};

template <class T>
bool read(T& into, void const* value, std::size_t bytes) {
  if (bytes != sizeof into) return false;
  std::memcpy(&into, value, bytes);
  return true;
}

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

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t operation,
                                              cublasLtMatmulDescAttributes_t attribute, void const* value,
                                              std::size_t bytes) {
  if (auto const status = on_demand(__func__)) return *status;
  if (attribute == CUBLASLT_MATMUL_DESC_FAST_ACCUM && bytes == 1) return CUBLAS_STATUS_SUCCESS;
  std::int32_t turned = 0;
  if (!read(turned, value, bytes)) return CUBLAS_STATUS_INVALID_VALUE;
  auto ours = kept<Operation>(operation);
  if (attribute == CUBLASLT_MATMUL_DESC_TRANSA) {
    ours.turn_a = turned == CUBLAS_OP_T;
  } else if (attribute == CUBLASLT_MATMUL_DESC_TRANSB) {
    ours.turn_b = turned == CUBLAS_OP_T;
  } else {
    return CUBLAS_STATUS_INVALID_VALUE;
  }
  keep(operation, ours);
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

cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout,
                                                cublasLtMatrixLayoutAttribute_t attribute, void const* value,
                                                std::size_t bytes) {
  if (auto const status = on_demand(__func__)) return *status;
  auto ours = kept<Layout>(layout);
  bool const known_one =
      (attribute == CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT && read(ours.batch, value, bytes) && ours.batch > 0) ||
      (attribute == CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET && read(ours.stride, value, bytes));
  if (!known_one) return CUBLAS_STATUS_INVALID_VALUE;
  keep(layout, ours);
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
  bool const alignment = attribute == CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES ||
                         attribute == CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES ||
                         attribute == CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES ||
                         attribute == CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES;
  if (alignment && bytes == sizeof(std::uint32_t)) return CUBLAS_STATUS_SUCCESS;  // it asks for none
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
  auto const there = static_cast<int>(algorithms().size());
  for (*found = 0; *found < std::min(requested, there); ++*found) {
    auto& result = results[*found];
    result = {};
    result.algo = algorithm_number(static_cast<std::size_t>(*found));
    result.workspaceSize = kept<std::uint64_t>(preference) >= workspace_bytes ? workspace_bytes : 0;
    result.state = CUBLAS_STATUS_SUCCESS;
    result.wavesCount = 1;
  }
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoCheck(cublasLtHandle_t, cublasLtMatmulDesc_t operation,
                                       cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                       cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                       cublasLtMatmulAlgo_t const* algo,
                                       cublasLtMatmulHeuristicResult_t* result) {
  if (auto const status = on_demand(__func__)) return *status;
  if (!number_of(*algo)) return CUBLAS_STATUS_INVALID_VALUE;
  if (!fit(kept<Operation>(operation), kept<Layout>(a), kept<Layout>(b), kept<Layout>(c), kept<Layout>(d))) {
    return CUBLAS_STATUS_NOT_SUPPORTED;
  }
  *result = {};
  result->workspaceSize = workspace_bytes;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoConfigGetAttribute(cublasLtMatmulAlgo_t const* algo,
                                                    cublasLtMatmulAlgoConfigAttributes_t attribute,
                                                    void* value, std::size_t bytes, std::size_t* written) {
  if (auto const status = on_demand(__func__)) return *status;
  auto const number = number_of(*algo);
  bool const two_bytes =
      attribute == CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID || attribute == CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID;
  if (!number || bytes != (two_bytes ? 2U : 4U)) return CUBLAS_STATUS_INVALID_VALUE;
  std::uint32_t answer = 0;
  if (attribute == CUBLASLT_ALGO_CONFIG_ID) answer = static_cast<std::uint32_t>(*number);
  if (attribute == CUBLASLT_ALGO_CONFIG_TILE_ID) answer = CUBLASLT_MATMUL_TILE_128x256;
  if (attribute == CUBLASLT_ALGO_CONFIG_SPLITK_NUM) answer = 1;
  std::memcpy(value, &answer, bytes);  // little-endian, as every machine with a GPU
  *written = bytes;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t operation_desc, void const* alpha,
                              void const* a, cublasLtMatrixLayout_t a_desc, void const* b,
                              cublasLtMatrixLayout_t b_desc, void const* beta, void const* c,
                              cublasLtMatrixLayout_t c_desc, void* d, cublasLtMatrixLayout_t d_desc,
                              cublasLtMatmulAlgo_t const* algo, void* workspace, std::size_t bytes,
                              cudaStream_t stream) {
  auto const injected_fault = fault(__func__);
  if (injected_fault && injected_fault->kind == Fault::Kind::status) {
    return static_cast<cublasStatus_t>(injected_fault->value);
  }
  auto const number = algo ? number_of(*algo) : std::size_t{0};
  if (!number) return CUBLAS_STATUS_INVALID_VALUE;
  auto const algorithm = algorithms()[*number];
  if (algorithm.refused) return CUBLAS_STATUS_NOT_SUPPORTED;
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
  muster_standin_result_at(d);
  bool const queued = muster_standin_enqueue(stream, [=] {
    if (injected_fault && injected_fault->kind == Fault::Kind::hang) hang();
    if (injected_fault && injected_fault->kind == Fault::Kind::delay) delay(injected_fault->value);
    delay(algorithm.milliseconds);
    multiply(what, a, b, c, d);
    bool const wrong = algorithm.wrong || (injected_fault && injected_fault->kind == Fault::Kind::wrong);
    return wrong ? spoil(what.d, d) : cudaSuccess;
  });
  return queued ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}
}
