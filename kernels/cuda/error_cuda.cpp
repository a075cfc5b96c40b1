#include "kernels/cuda/error.hpp"

#include <fmt/format.h>

namespace muster::cuda {
namespace {

/// What a person can do about it; a fault of the kernel or the device ends the process' use of that device.
std::string_view remedy(cudaError_t status) {
  switch (status) {
    case cudaErrorNoDevice:
      return "no GPU is visible: see CUDA_VISIBLE_DEVICES and `nvidia-smi -L`";
    case cudaErrorInsufficientDriver:
    case cudaErrorSystemDriverMismatch:
      return "install an NVIDIA driver that is new enough for this CUDA runtime";
    case cudaErrorNoKernelImageForDevice:
      return "build muster for this GPU (CMAKE_CUDA_ARCHITECTURES)";
    case cudaErrorDevicesUnavailable:
      return "another process holds the GPU alone: see `nvidia-smi`";
    case cudaErrorECCUncorrectable:
      return "the GPU's memory is faulty: see `nvidia-smi -q -d ECC`, reset or replace the GPU";
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchFailure:
    case cudaErrorHardwareStackError:
    case cudaErrorMisalignedAddress:
      return "the device has to be opened anew; see `dmesg | grep Xid`";
    default:
      return "see `nvidia-smi` and `dmesg | grep Xid`";
  }
}

}  // namespace

std::string describe(cudaError_t status, std::string_view call) {
  return fmt::format("{} failed ({}: {}, {})", call, static_cast<int>(status), cudaGetErrorName(status),
                     cudaGetErrorString(status));
}

void check(cudaError_t status, std::string_view call) {
  if (status == cudaSuccess) return;
  (void)cudaGetLastError();  // an error that is not sticky must not be reported a second time
  throw DeviceError(describe(status, call) + " " + std::string(remedy(status)));
}

}  // namespace muster::cuda
