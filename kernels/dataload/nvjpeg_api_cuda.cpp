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
  library.bind(api.create, "nvjpegCreateExV2");
  library.bind(api.destroy, "nvjpegDestroy");
  library.bind_if_present(api.engine_info, "nvjpegGetHardwareDecoderInfo");
  library.bind(api.property, "nvjpegGetProperty");
  library.bind(api.create_batched_state, "nvjpegJpegStateCreate");
  library.bind(api.create_decoder_state, "nvjpegDecoderStateCreate");
  library.bind(api.destroy_state, "nvjpegJpegStateDestroy");
  library.bind(api.batched_initialize, "nvjpegDecodeBatchedInitialize");
  library.bind(api.batched_supported, "nvjpegDecodeBatchedSupported");
  library.bind(api.decode_batched, "nvjpegDecodeBatched");
  library.bind(api.create_decoder, "nvjpegDecoderCreate");
  library.bind(api.destroy_decoder, "nvjpegDecoderDestroy");
  library.bind(api.create_header, "nvjpegJpegStreamCreate");
  library.bind(api.destroy_header, "nvjpegJpegStreamDestroy");
  library.bind(api.parse, "nvjpegJpegStreamParse");
  library.bind(api.parse_header, "nvjpegJpegStreamParseHeader");
  library.bind(api.dimensions, "nvjpegJpegStreamGetFrameDimensions");
  library.bind(api.create_settings, "nvjpegDecodeParamsCreate");
  library.bind(api.destroy_settings, "nvjpegDecodeParamsDestroy");
  library.bind(api.set_format, "nvjpegDecodeParamsSetOutputFormat");
  library.bind(api.set_region, "nvjpegDecodeParamsSetROI");
  library.bind(api.create_pinned, "nvjpegBufferPinnedCreateV2");
  library.bind(api.resize_pinned, "nvjpegBufferPinnedResize");
  library.bind(api.destroy_pinned, "nvjpegBufferPinnedDestroy");
  library.bind(api.attach_pinned, "nvjpegStateAttachPinnedBuffer");
  library.bind(api.create_device, "nvjpegBufferDeviceCreateV2");
  library.bind(api.resize_device, "nvjpegBufferDeviceResize");
  library.bind(api.destroy_device, "nvjpegBufferDeviceDestroy");
  library.bind(api.attach_device, "nvjpegStateAttachDeviceBuffer");
  library.bind(api.decode_host, "nvjpegDecodeJpegHost");
  library.bind(api.transfer, "nvjpegDecodeJpegTransferToDevice");
  library.bind(api.decode_device, "nvjpegDecodeJpegDevice");
  return api;
}

VersionRegistration const registration{"nvJPEG", &nvjpeg_version};

int counted(void* count, cudaError_t status) {
  ++*static_cast<std::atomic<std::uint64_t>*>(count);
  if (status != cudaSuccess) (void)cudaGetLastError();  // the library reports it in its own way
  return status;
}

int allocate_device(void* count, void** at, std::size_t bytes, cudaStream_t) {
  return counted(count, cudaMalloc(at, bytes));
}
int free_device(void*, void* at, std::size_t, cudaStream_t) { return cudaFree(at); }
int allocate_pinned(void* count, void** at, std::size_t bytes, cudaStream_t) {
  return counted(count, cudaHostAlloc(at, bytes, cudaHostAllocDefault));
}
int free_pinned(void*, void* at, std::size_t, cudaStream_t) { return cudaFreeHost(at); }

/// make(&object), as an object that destroys itself.
template <class Owner, class Make>
Owner made(char const* call, Make make) {
  typename Owner::pointer object = nullptr;
  check(make(&object), call);
  return Owner(object);
}

}  // namespace

NvjpegApi const& nvjpeg() {
  static NvjpegApi const api = load();
  return api;
}

std::string nvjpeg_version() {
  int major = 0, minor = 0, patch = 0;
  auto const& api = nvjpeg();
  check(api.property(MAJOR_VERSION, &major), "nvjpegGetProperty");
  check(api.property(MINOR_VERSION, &minor), "nvjpegGetProperty");
  check(api.property(PATCH_LEVEL, &patch), "nvjpegGetProperty");
  return fmt::format("{}.{}.{}", major, minor, patch);
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
    case NVJPEG_STATUS_INCOMPLETE_BITSTREAM:
      return "the picture ends early";
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

Nvjpeg::Nvjpeg(nvjpegBackend_t backend)
    : on_device_{&allocate_device, &free_device, &allocations_},
      pinned_{&allocate_pinned, &free_pinned, &allocations_} {
  nvjpegHandle_t handle = nullptr;
  auto const status = nvjpeg().create(backend, &on_device_, &pinned_, NVJPEG_FLAGS_DEFAULT, &handle);
  bool const lacking =
      status == NVJPEG_STATUS_ARCH_MISMATCH || status == NVJPEG_STATUS_IMPLEMENTATION_NOT_SUPPORTED;
  if (backend == NVJPEG_BACKEND_HARDWARE && lacking) {
    throw Unsupported(fmt::format(
        "nvJPEG finds no hardware engine (nvjpegCreateExV2: {}) use decoder=auto, hybrid or batched",
        words(status)));
  }
  check(status, "nvjpegCreateExV2");
  handle_.reset(handle);
}

Nvjpeg::Engines Nvjpeg::engines() const {
  Engines found;
  if (!nvjpeg().engine_info) return found;
  check(nvjpeg().engine_info(get(), &found.engines, &found.cores), "nvjpegGetHardwareDecoderInfo");
  return found;
}

NvjpegState Nvjpeg::batched_state() const {
  return made<NvjpegState>("nvjpegJpegStateCreate",
                           [&](auto* state) { return nvjpeg().create_batched_state(get(), state); });
}

NvjpegState Nvjpeg::state(NvjpegDecoder const& decoder) const {
  return made<NvjpegState>("nvjpegDecoderStateCreate", [&](auto* state) {
    return nvjpeg().create_decoder_state(get(), decoder.get(), state);
  });
}

NvjpegDecoder Nvjpeg::decoder(nvjpegBackend_t backend) const {
  return made<NvjpegDecoder>("nvjpegDecoderCreate",
                             [&](auto* decoder) { return nvjpeg().create_decoder(get(), backend, decoder); });
}

NvjpegHeader Nvjpeg::header() const {
  return made<NvjpegHeader>("nvjpegJpegStreamCreate",
                            [&](auto* header) { return nvjpeg().create_header(get(), header); });
}

NvjpegSettings Nvjpeg::settings() const {
  auto settings = made<NvjpegSettings>("nvjpegDecodeParamsCreate",
                                       [&](auto* made) { return nvjpeg().create_settings(get(), made); });
  check(nvjpeg().set_format(settings.get(), NVJPEG_OUTPUT_RGBI), "nvjpegDecodeParamsSetOutputFormat");
  return settings;
}

NvjpegPinned Nvjpeg::pinned(NvjpegState const& state, std::size_t bytes, cudaStream_t stream) {
  auto buffer = made<NvjpegPinned>("nvjpegBufferPinnedCreateV2",
                                   [&](auto* made) { return nvjpeg().create_pinned(get(), &pinned_, made); });
  check(nvjpeg().resize_pinned(buffer.get(), bytes, stream), "nvjpegBufferPinnedResize");
  check(nvjpeg().attach_pinned(state.get(), buffer.get()), "nvjpegStateAttachPinnedBuffer");
  return buffer;
}

NvjpegDeviceMemory Nvjpeg::device_memory(NvjpegState const& state, std::size_t bytes, cudaStream_t stream) {
  auto buffer = made<NvjpegDeviceMemory>("nvjpegBufferDeviceCreateV2", [&](auto* made) {
    return nvjpeg().create_device(get(), &on_device_, made);
  });
  check(nvjpeg().resize_device(buffer.get(), bytes, stream), "nvjpegBufferDeviceResize");
  check(nvjpeg().attach_device(state.get(), buffer.get()), "nvjpegStateAttachDeviceBuffer");
  return buffer;
}

}  // namespace muster::cuda
