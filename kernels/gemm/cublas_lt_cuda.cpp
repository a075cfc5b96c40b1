#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "kernels/contract/error.hpp"
#include "kernels/cuda/library.hpp"
#include "kernels/cuda/versions.hpp"
#include "kernels/gemm/cublas_lt.hpp"

namespace muster::cuda {
namespace {

LtApi load() {
  // The library carries the major version of the CUDA release that it belongs to.
  Library const library(
      {fmt::format("libcublasLt.so.{}", CUDART_VERSION / 1000)},
      "install it (libcublas of the CUDA toolkit, or the wheel nvidia-cublas), or name its folder in "
      "MUSTER_CUDA_LIBS");
  LtApi api;
  library.bind(api.version, "cublasLtGetVersion");
  library.bind(api.status_string, "cublasLtGetStatusString");
  library.bind(api.create, "cublasLtCreate");
  library.bind(api.destroy, "cublasLtDestroy");
  library.bind(api.create_operation, "cublasLtMatmulDescCreate");
  library.bind(api.destroy_operation, "cublasLtMatmulDescDestroy");
  library.bind(api.set_operation, "cublasLtMatmulDescSetAttribute");
  library.bind(api.create_layout, "cublasLtMatrixLayoutCreate");
  library.bind(api.destroy_layout, "cublasLtMatrixLayoutDestroy");
  library.bind(api.set_layout, "cublasLtMatrixLayoutSetAttribute");
  library.bind(api.create_preference, "cublasLtMatmulPreferenceCreate");
  library.bind(api.destroy_preference, "cublasLtMatmulPreferenceDestroy");
  library.bind(api.set_preference, "cublasLtMatmulPreferenceSetAttribute");
  library.bind(api.heuristics, "cublasLtMatmulAlgoGetHeuristic");
  library.bind(api.check_algorithm, "cublasLtMatmulAlgoCheck");
  library.bind(api.get_config, "cublasLtMatmulAlgoConfigGetAttribute");
  library.bind(api.matmul, "cublasLtMatmul");
  return api;
}

std::string version() { return version_text(lt().version()); }

VersionRegistration const registration{"cuBLASLt", &version};

}  // namespace

LtApi const& lt() {
  static LtApi const api = load();
  return api;
}

void check(cublasStatus_t status, std::string_view call) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  auto const text =
      fmt::format("{} failed ({}: {})", call, static_cast<int>(status), lt().status_string(status));
  if (status == CUBLAS_STATUS_NOT_SUPPORTED || status == CUBLAS_STATUS_ARCH_MISMATCH) {
    throw Unsupported(text + " this GPU or cuBLAS version cannot do it; leave the case out");
  }
  if (status == CUBLAS_STATUS_ALLOC_FAILED) throw OutOfMemory(text + " end other processes on the GPU");
  throw DeviceError(text + " see `nvidia-smi` and `dmesg | grep Xid`");
}

}  // namespace muster::cuda
