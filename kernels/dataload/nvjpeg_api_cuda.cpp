#include "kernels/dataload/nvjpeg_api.hpp"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "kernels/contract/error.hpp"
#include "kernels/cuda/library.hpp"
#include "kernels/cuda/versions.hpp"

namespace muster::cuda {
namespace {

/// The library carries the major version of the CUDA release that it belongs to.
std::string soname() { return fmt::format("libnvjpeg.so.{}", CUDART_VERSION / 1000); }

NvjpegApi load() {
  Library const library(
      {soname()},
      "install it (libnvjpeg of the CUDA toolkit, or the wheel nvidia-nvjpeg), or name its folder in "
      "MUSTER_CUDA_LIBS");
  NvjpegApi api;
  library.bind(api.create, "nvjpegCreateSimple");
  library.bind(api.destroy, "nvjpegDestroy");
  library.bind(api.create_state, "nvjpegJpegStateCreate");
  library.bind(api.destroy_state, "nvjpegJpegStateDestroy");
  library.bind(api.decode, "nvjpegDecode");
  library.bind(api.property, "nvjpegGetProperty");
  return api;
}

std::string version() {
  int major = 0, minor = 0, patch = 0;
  auto const& api = nvjpeg();
  check(api.property(MAJOR_VERSION, &major), "nvjpegGetProperty");
  check(api.property(MINOR_VERSION, &minor), "nvjpegGetProperty");
  check(api.property(PATCH_LEVEL, &patch), "nvjpegGetProperty");
  return fmt::format("{}.{}.{}", major, minor, patch);
}

VersionRegistration const registration{"nvJPEG", &version};

}  // namespace

NvjpegApi const& nvjpeg() {
  static NvjpegApi const api = load();
  return api;
}

std::string_view words(nvjpegStatus_t status) {
  switch (status) {
    case NVJPEG_STATUS_SUCCESS:
      return "success";
    case NVJPEG_STATUS_NOT_INITIALIZED:
      return "not initialised";
    case NVJPEG_STATUS_INVALID_PARAMETER:
      return "invalid parameter";
    case NVJPEG_STATUS_BAD_JPEG:
      return "bad JPEG";
    case NVJPEG_STATUS_JPEG_NOT_SUPPORTED:
      return "kind of JPEG not supported";
    case NVJPEG_STATUS_ALLOCATOR_FAILURE:
      return "out of memory";
    case NVJPEG_STATUS_EXECUTION_FAILED:
      return "execution failed";
    case NVJPEG_STATUS_ARCH_MISMATCH:
      return "not on this GPU";
    case NVJPEG_STATUS_INTERNAL_ERROR:
      return "internal error";
    case NVJPEG_STATUS_IMPLEMENTATION_NOT_SUPPORTED:
      return "not implemented";
    default:
      return "unknown status";
  }
}

void check(nvjpegStatus_t status, std::string_view call) {
  if (status == NVJPEG_STATUS_SUCCESS) return;
  auto const text = fmt::format("{} failed ({}: {})", call, static_cast<int>(status), words(status));
  if (status == NVJPEG_STATUS_ALLOCATOR_FAILURE) throw OutOfMemory(text + " end other processes on the GPU");
  throw DeviceError(text + " see `nvidia-smi` and `dmesg | grep Xid`");
}

NvjpegHandle open_nvjpeg() {
  nvjpegHandle_t handle = nullptr;
  check(nvjpeg().create(&handle), "nvjpegCreateSimple");
  return NvjpegHandle(handle);
}

NvjpegState make_state(NvjpegHandle const& handle) {
  nvjpegJpegState_t state = nullptr;
  check(nvjpeg().create_state(handle.get(), &state), "nvjpegJpegStateCreate");
  return NvjpegState(state);
}

}  // namespace muster::cuda
