#include <fmt/format.h>

#include "kernels/contract/error.hpp"
#include "kernels/cuda/versions.hpp"
#include "kernels/gemm/cublas_lt.hpp"

namespace muster::cuda {
namespace {

std::string version() {
  auto const number = cublasLtGetVersion();
  return fmt::format("{}.{}.{}", number / 10000, number / 100 % 100, number % 100);
}

VersionRegistration const registration{"cuBLASLt", &version};

}  // namespace

void check(cublasStatus_t status, std::string_view call) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  auto const text =
      fmt::format("{} failed ({}: {})", call, static_cast<int>(status), cublasLtGetStatusString(status));
  if (status == CUBLAS_STATUS_NOT_SUPPORTED || status == CUBLAS_STATUS_ARCH_MISMATCH) {
    throw Unsupported(text + " this GPU or cuBLASLt version cannot do it; leave the case out");
  }
  if (status == CUBLAS_STATUS_ALLOC_FAILED) throw OutOfMemory(text + " end other processes on the GPU");
  throw DeviceError(text + " see `nvidia-smi` and `dmesg | grep Xid`");
}

}  // namespace muster::cuda
