// Devices, what they are, versions, errors.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/standin/cudart/runtime.hpp"
#include "tests/standin/support/faults.hpp"
#include "tests/standin/support/machine.hpp"

using namespace muster::standin;

namespace {

constexpr int l2_bytes = 4 << 20;

// "9.0" of MUSTER_STANDIN_CAPABILITY; 8.0 without it.
struct Capability {
  int major = 8, minor = 0;
};
Capability capability() {
  Capability found;
  if (char const* const value = std::getenv("MUSTER_STANDIN_CAPABILITY"))
    (void)std::sscanf(value, "%d.%d", &found.major, &found.minor);
  return found;
}

bool exists(int device) { return device >= 0 && device < machine().gpus; }

struct ErrorText {
  cudaError_t status;
  char const *name, *text;
};

#define MUSTER_ERROR(code, text) \
  { code, #code, text }
constexpr ErrorText error_texts[] = {
    MUSTER_ERROR(cudaSuccess, "no error"),
    MUSTER_ERROR(cudaErrorInvalidValue, "invalid argument"),
    MUSTER_ERROR(cudaErrorMemoryAllocation, "out of memory"),
    MUSTER_ERROR(cudaErrorInvalidConfiguration, "invalid configuration argument"),
    MUSTER_ERROR(cudaErrorInsufficientDriver, "CUDA driver version is insufficient for CUDA runtime version"),
    MUSTER_ERROR(cudaErrorDevicesUnavailable, "CUDA-capable device(s) is/are busy or unavailable"),
    MUSTER_ERROR(cudaErrorInvalidDeviceFunction, "invalid device function"),
    MUSTER_ERROR(cudaErrorNoDevice, "no CUDA-capable device is detected"),
    MUSTER_ERROR(cudaErrorInvalidDevice, "invalid device ordinal"),
    MUSTER_ERROR(cudaErrorECCUncorrectable, "uncorrectable ECC error encountered"),
    MUSTER_ERROR(cudaErrorInvalidResourceHandle, "invalid resource handle"),
    MUSTER_ERROR(cudaErrorIllegalState, "the operation cannot be performed in the present state"),
    MUSTER_ERROR(cudaErrorStreamCaptureUnsupported, "operation not permitted when stream is capturing"),
    MUSTER_ERROR(cudaErrorStreamCaptureInvalidated,
                 "operation failed due to a previous error during capture"),
    MUSTER_ERROR(cudaErrorStreamCaptureUnjoined,
                 "capture terminated while work of another stream was not joined to it"),
    MUSTER_ERROR(cudaErrorStreamCaptureIsolation, "dependency created on uncaptured work in another stream"),
    MUSTER_ERROR(cudaErrorStreamCaptureMerge, "operation would make different captures one"),
    MUSTER_ERROR(cudaErrorCapturedEvent,
                 "operation not permitted on an event last recorded in a capturing stream"),
    MUSTER_ERROR(cudaErrorStreamCaptureWrongThread,
                 "attempt to terminate a thread-local capture sequence from another thread"),
    MUSTER_ERROR(cudaErrorNotReady, "device not ready"),
    MUSTER_ERROR(cudaErrorIllegalAddress, "an illegal memory access was encountered"),
    MUSTER_ERROR(cudaErrorLaunchFailure, "unspecified launch failure"),
};
#undef MUSTER_ERROR

ErrorText const* text_of(cudaError_t status) {
  for (auto const& entry : error_texts) {
    if (entry.status == status) return &entry;
  }
  return nullptr;
}

}  // namespace

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  if (auto const status = injected(__func__)) return remember(static_cast<cudaError_t>(*status));
  auto const here = machine();
  if (!here.driver)
    return remember(cudaErrorInsufficientDriver);  // the count stays unwritten, as with the real one
  *count = here.gpus;
  return here.gpus > 0 ? cudaSuccess : remember(cudaErrorNoDevice);
}

cudaError_t cudaSetDevice(int device) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  if (!exists(device)) return remember(cudaErrorInvalidDevice);
  current_device() = device;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  if (!exists(device)) return remember(cudaErrorInvalidDevice);
  *properties = {};
  char const* const name = std::getenv("MUSTER_STANDIN_NAME");
  std::snprintf(properties->name, sizeof properties->name, "%s", name ? name : gpu_name);
  auto const bytes = uuid(physical(device));
  std::memcpy(properties->uuid.bytes, bytes.data(), bytes.size());
  properties->totalGlobalMem = memory_bytes();
  properties->multiProcessorCount = multiprocessors;
  properties->major = capability().major;
  properties->minor = capability().minor;
  properties->warpSize = 32;
  properties->maxThreadsPerBlock = 1024;
  properties->l2CacheSize = l2_bytes;
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  if (!exists(device)) return remember(cudaErrorInvalidDevice);
  switch (attribute) {
    case cudaDevAttrClockRate:
      *value = static_cast<int>(sm_clock_mhz * 1000);
      return cudaSuccess;
    case cudaDevAttrMemoryClockRate:
      *value = static_cast<int>(memory_clock_mhz * 1000);
      return cudaSuccess;
    case cudaDevAttrGlobalMemoryBusWidth:
      *value = static_cast<int>(memory_bus_bits);
      return cudaSuccess;
    case cudaDevAttrL2CacheSize:
      *value = l2_bytes;
      return cudaSuccess;
    case cudaDevAttrMultiProcessorCount:
      *value = multiprocessors;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMajor:
      *value = capability().major;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor:
      *value = capability().minor;
      return cudaSuccess;
    default:
      break;
  }
  std::fprintf(stderr, "stand-in cudart: attribute %d has no value; add it to device_api.cpp\n", attribute);
  return remember(cudaErrorInvalidValue);
}

cudaError_t cudaDeviceGetPCIBusId(char* text, int length, int device) {
  if (auto const status = obstacle(__func__)) return remember(*status);
  if (!exists(device)) return remember(cudaErrorInvalidDevice);
  std::snprintf(text, static_cast<std::size_t>(length), "%s", pci_address(physical(device)).c_str());
  return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int* version) {
  if (auto const status = injected(__func__)) return remember(static_cast<cudaError_t>(*status));
  *version = machine().driver ? CUDART_VERSION : 0;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* version) {
  if (auto const status = injected(__func__)) return remember(static_cast<cudaError_t>(*status));
  *version = CUDART_VERSION;
  return cudaSuccess;
}

cudaError_t cudaGetLastError() {
  auto const status = last_error();
  last_error() = cudaSuccess;
  return status;
}

char const* cudaGetErrorName(cudaError_t status) {
  auto const* const known = text_of(status);
  return known ? known->name : "cudaErrorOther";
}

char const* cudaGetErrorString(cudaError_t status) {
  auto const* const known = text_of(status);
  return known ? known->text : "an error that the stand-in has no text for";
}
}
