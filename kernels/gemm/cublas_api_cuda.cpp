#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "kernels/cuda/library.hpp"
#include "kernels/cuda/versions.hpp"
#include "kernels/gemm/cublas_api.hpp"
#include "kernels/gemm/cublas_lt.hpp"

namespace muster::cuda {
namespace {

CublasApi load() {
  (void)lt();  // cuBLAS stands on cuBLASLt: so it gets the one that we found
  Library const library(
      {fmt::format("libcublas.so.{}", CUDART_VERSION / 1000)},
      "install it (libcublas of the CUDA toolkit, or the wheel nvidia-cublas), or name its folder in "
      "MUSTER_CUDA_LIBS");
  CublasApi api;
  library.bind(api.create, "cublasCreate_v2");
  library.bind(api.destroy, "cublasDestroy_v2");
  library.bind(api.version, "cublasGetVersion_v2");
  library.bind(api.set_stream, "cublasSetStream_v2");
  library.bind(api.set_workspace, "cublasSetWorkspace_v2");
  library.bind(api.set_math_mode, "cublasSetMathMode");
  library.bind_if_present(api.grouped, "cublasGemmGroupedBatchedEx");
  return api;
}

std::string version() {
  int number = 0;
  check(cublas().version(nullptr, &number), "cublasGetVersion");
  return version_text(static_cast<std::size_t>(number));
}

VersionRegistration const registration{"cuBLAS", &version};

}  // namespace

CublasApi const& cublas() {
  static CublasApi const api = load();
  return api;
}

CublasHandle open_cublas(cudaStream_t stream, void* workspace, std::size_t workspace_bytes) {
  cublasHandle_t raw = nullptr;
  check(cublas().create(&raw), "cublasCreate");
  CublasHandle handle(raw);
  check(cublas().set_stream(raw, stream),
        "cublasSetStream");  // takes the workspace away, so that comes after it
  check(cublas().set_workspace(raw, workspace, workspace_bytes), "cublasSetWorkspace");
  auto const mode =
      static_cast<cublasMath_t>(CUBLAS_DEFAULT_MATH | CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION);
  check(cublas().set_math_mode(raw, mode), "cublasSetMathMode");
  return handle;
}

}  // namespace muster::cuda
