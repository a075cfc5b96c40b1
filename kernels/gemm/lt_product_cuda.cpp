#include "kernels/gemm/lt_product.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "kernels/contract/error.hpp"

namespace muster::cuda {
namespace {

struct LtTypes {
  cublasComputeType_t compute;
  cudaDataType_t scale;
};

/// Everything below fp64 is summed in fp32, int8 in int32.
LtTypes types_of(GemmType type) {
  switch (type) {
    case GemmType::fp64:
      return {CUBLAS_COMPUTE_64F, CUDA_R_64F};
    case GemmType::tf32:
      return {CUBLAS_COMPUTE_32F_FAST_TF32, CUDA_R_32F};
    case GemmType::int8:
      return {CUBLAS_COMPUTE_32I, CUDA_R_32I};
    case GemmType::fp32:
    case GemmType::fp16:
    case GemmType::bf16:
    case GemmType::fp8_e4m3:
    case GemmType::fp8_e5m2:
      return {CUBLAS_COMPUTE_32F, CUDA_R_32F};
    case GemmType::int32:
      break;
  }
  throw Unsupported("cuBLASLt multiplies no such type");
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
    case GemmType::int8:
      return CUDA_R_8I;
    case GemmType::fp8_e4m3:
      return CUDA_R_8F_E4M3;
    case GemmType::fp8_e5m2:
      return CUDA_R_8F_E5M2;
    case GemmType::int32:
      return CUDA_R_32I;
  }
  throw Unsupported("cuBLASLt stores no such type");
}

/// A row-major matrix is the column-major form of its transpose. `batch` of them lie one after the other.
LtLayout row_major(GemmType type, std::int64_t rows, std::int64_t columns, std::int64_t batch) {
  LtLayout layout;
  check(lt().create_layout(layout.slot(), stored_as(type), static_cast<std::uint64_t>(columns),
                           static_cast<std::uint64_t>(rows), columns),
        "cublasLtMatrixLayoutCreate");
  if (batch == 1) return layout;
  auto const count = static_cast<std::int32_t>(batch);
  std::int64_t const stride = rows * columns;
  check(lt().set_layout(layout.get(), CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count),
        "cublasLtMatrixLayoutSetAttribute");
  check(lt().set_layout(layout.get(), CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride),
        "cublasLtMatrixLayoutSetAttribute");
  return layout;
}

LtLayout operand(GemmType type, std::int64_t rows, std::int64_t columns, std::int64_t batch,
                 bool transposed) {
  return transposed ? row_major(type, columns, rows, batch) : row_major(type, rows, columns, batch);
}

template <class T>
void set(LtOperation const& operation, cublasLtMatmulDescAttributes_t attribute, T value) {
  check(lt().set_operation(operation.get(), attribute, &value, sizeof value),
        "cublasLtMatmulDescSetAttribute");
}

template <class T>
void set(LtPreference const& preference, cublasLtMatmulPreferenceAttributes_t attribute, T value) {
  check(lt().set_preference(preference.get(), attribute, &value, sizeof value),
        "cublasLtMatmulPreferenceSetAttribute");
}

LtOperation make_operation(GemmProblem const& problem) {
  LtOperation operation;
  auto const types = types_of(problem.type);
  check(lt().create_operation(operation.slot(), types.compute, types.scale), "cublasLtMatmulDescCreate");
  std::int32_t const turned = CUBLAS_OP_T;
  if (b_transposed(problem.layout)) set(operation, CUBLASLT_MATMUL_DESC_TRANSA, turned);
  if (a_transposed(problem.layout)) set(operation, CUBLASLT_MATMUL_DESC_TRANSB, turned);
  if (is_fp8(problem.type)) set(operation, CUBLASLT_MATMUL_DESC_FAST_ACCUM, std::int8_t{1});
  return operation;
}

LtPreference make_preference(std::size_t workspace_bytes, std::uint32_t alignment) {
  LtPreference preference;
  check(lt().create_preference(preference.slot()), "cublasLtMatmulPreferenceCreate");
  set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, static_cast<std::uint64_t>(workspace_bytes));
  // Split-K sums that are kept in a 16-bit output lose more than verification allows.
  set(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
      static_cast<std::uint32_t>(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
  for (auto const which :
       {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES}) {
    if (alignment != LtProduct::usual_alignment) set(preference, which, alignment);
  }
  return preference;
}

/// One or zero in the scale type.
struct Scalar {
  explicit Scalar(cudaDataType_t type, int value) {
    if (type == CUDA_R_64F) {
      wide = value;
      address = &wide;
    } else if (type == CUDA_R_32I) {
      integer = value;
      address = &integer;
    } else {
      single = static_cast<float>(value);
      address = &single;
    }
  }
  Scalar(Scalar const&) = delete;
  Scalar& operator=(Scalar const&) = delete;
  double wide = 0;
  std::int32_t integer = 0;
  float single = 0;
  void const* address = nullptr;
};

}  // namespace

LtProduct::LtProduct(GemmProblem const& problem, std::uint32_t alignment)
    : problem_(problem),
      alignment_(alignment),
      operation_(make_operation(problem)),
      a_(operand(problem.type, problem.m, problem.k, problem.batch, a_transposed(problem.layout))),
      b_(operand(problem.b_type(), problem.k, problem.n, problem.batch, b_transposed(problem.layout))),
      d_(row_major(problem.output, problem.m, problem.n, problem.batch)) {
  check(lt().create(handle_.slot()), "cublasLtCreate");
}

std::vector<LtAlgorithm> LtProduct::candidates(int most, std::size_t workspace_bytes) const {
  auto const preference = make_preference(workspace_bytes, alignment_);
  std::vector<cublasLtMatmulHeuristicResult_t> results(static_cast<std::size_t>(most));
  int found = 0;
  check(lt().heuristics(handle_.get(), operation_.get(), b_.get(), a_.get(), d_.get(), d_.get(),
                        preference.get(), most, results.data(), &found),
        "cublasLtMatmulAlgoGetHeuristic");
  results.resize(static_cast<std::size_t>(found));
  std::vector<LtAlgorithm> list;
  for (auto const& result : results) {
    if (result.state == CUBLAS_STATUS_SUCCESS && result.workspaceSize <= workspace_bytes)
      list.push_back({result.algo, result.workspaceSize});
  }
  if (!list.empty()) return list;
  throw Unsupported(
      fmt::format("cuBLASLt has no algorithm for {} on this GPU; leave the case out", describe(problem_)));
}

std::optional<LtAlgorithm> LtProduct::restored(std::string const& saved, std::size_t workspace_bytes) const {
  auto const algo = read_algorithm(saved);
  if (!algo) return std::nullopt;
  cublasLtMatmulHeuristicResult_t result{};
  auto const status = lt().check_algorithm(handle_.get(), operation_.get(), b_.get(), a_.get(), d_.get(),
                                           d_.get(), &*algo, &result);
  if (status != CUBLAS_STATUS_SUCCESS || result.workspaceSize > workspace_bytes) return std::nullopt;
  return LtAlgorithm{*algo, result.workspaceSize};
}

void LtProduct::enqueue(LtAlgorithm const& algorithm, GemmOperands const& operands,
                        DeviceBuffer const& workspace, cudaStream_t stream) const {
  auto const scale = types_of(problem_.type).scale;
  // cuBLASLt does not read C where beta is zero
  Scalar const one(scale, 1), beta(scale, operands.add ? 1 : 0);
  check(lt().matmul(handle_.get(), operation_.get(), one.address, operands.b, b_.get(), operands.a, a_.get(),
                    beta.address, operands.d, d_.get(), operands.d, d_.get(), &algorithm.algo, workspace.as(),
                    workspace.bytes(), stream),
        "cublasLtMatmul");
}

}  // namespace muster::cuda
