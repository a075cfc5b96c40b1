// nvJPEG's functions, found by name in the library when a case first wants them, and its objects.
#pragma once
#include <nvjpeg.h>

#include <memory>
#include <string_view>

namespace muster::cuda {

struct NvjpegApi {
  decltype(&nvjpegCreateSimple) create = nullptr;
  decltype(&nvjpegDestroy) destroy = nullptr;
  decltype(&nvjpegJpegStateCreate) create_state = nullptr;
  decltype(&nvjpegJpegStateDestroy) destroy_state = nullptr;
  decltype(&nvjpegDecode) decode = nullptr;
  decltype(&nvjpegGetProperty) property = nullptr;
};

/// Throws Unsupported, with the remedy, when the library is missing.
NvjpegApi const& nvjpeg();

/// What nvJPEG calls this status, in words.
std::string_view words(nvjpegStatus_t status);

/// Throws DeviceError unless the call succeeded.
void check(nvjpegStatus_t status, std::string_view call);

struct CloseNvjpeg {
  void operator()(nvjpegHandle_t handle) const { (void)nvjpeg().destroy(handle); }
  void operator()(nvjpegJpegState_t state) const { (void)nvjpeg().destroy_state(state); }
};
/// For all threads.
using NvjpegHandle = std::unique_ptr<nvjpegHandle, CloseNvjpeg>;
/// For one picture at a time.
using NvjpegState = std::unique_ptr<nvjpegJpegState, CloseNvjpeg>;

NvjpegHandle open_nvjpeg();
NvjpegState make_state(NvjpegHandle const& handle);

}  // namespace muster::cuda
