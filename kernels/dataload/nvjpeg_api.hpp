// nvJPEG's functions, found by name in the library when a case first wants them, and its objects.
#pragma once
#include <nvjpeg.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace muster::cuda {

struct NvjpegApi {
  decltype(&nvjpegCreateExV2) create = nullptr;
  decltype(&nvjpegDestroy) destroy = nullptr;
  decltype(&nvjpegGetHardwareDecoderInfo) engine_info = nullptr;  ///< null: a library that does not say
  decltype(&nvjpegGetProperty) property = nullptr;
  decltype(&nvjpegJpegStateCreate) create_batched_state = nullptr;
  decltype(&nvjpegDecoderStateCreate) create_decoder_state = nullptr;
  decltype(&nvjpegJpegStateDestroy) destroy_state = nullptr;
  decltype(&nvjpegDecodeBatchedInitialize) batched_initialize = nullptr;
  decltype(&nvjpegDecodeBatchedSupported) batched_supported = nullptr;
  decltype(&nvjpegDecodeBatched) decode_batched = nullptr;
  decltype(&nvjpegDecoderCreate) create_decoder = nullptr;
  decltype(&nvjpegDecoderDestroy) destroy_decoder = nullptr;
  decltype(&nvjpegJpegStreamCreate) create_header = nullptr;
  decltype(&nvjpegJpegStreamDestroy) destroy_header = nullptr;
  decltype(&nvjpegJpegStreamParse) parse = nullptr;
  decltype(&nvjpegJpegStreamParseHeader) parse_header = nullptr;
  decltype(&nvjpegJpegStreamGetFrameDimensions) dimensions = nullptr;
  decltype(&nvjpegDecodeParamsCreate) create_settings = nullptr;
  decltype(&nvjpegDecodeParamsDestroy) destroy_settings = nullptr;
  decltype(&nvjpegDecodeParamsSetOutputFormat) set_format = nullptr;
  decltype(&nvjpegDecodeParamsSetROI) set_region = nullptr;
  decltype(&nvjpegBufferPinnedCreateV2) create_pinned = nullptr;
  decltype(&nvjpegBufferPinnedResize) resize_pinned = nullptr;
  decltype(&nvjpegBufferPinnedDestroy) destroy_pinned = nullptr;
  decltype(&nvjpegStateAttachPinnedBuffer) attach_pinned = nullptr;
  decltype(&nvjpegBufferDeviceCreateV2) create_device = nullptr;
  decltype(&nvjpegBufferDeviceResize) resize_device = nullptr;
  decltype(&nvjpegBufferDeviceDestroy) destroy_device = nullptr;
  decltype(&nvjpegStateAttachDeviceBuffer) attach_device = nullptr;
  decltype(&nvjpegDecodeJpegHost) decode_host = nullptr;
  decltype(&nvjpegDecodeJpegTransferToDevice) transfer = nullptr;
  decltype(&nvjpegDecodeJpegDevice) decode_device = nullptr;
};

/// Throws Unsupported, with the remedy, when the library is missing.
NvjpegApi const& nvjpeg();

/// "13.0.1"
std::string nvjpeg_version();

/// What nvJPEG calls this status, in words.
std::string_view words(nvjpegStatus_t status);

/// Throws DeviceError unless the call succeeded.
void check(nvjpegStatus_t status, std::string_view call);

/// Calls `destroy` of the library, whichever object it is.
struct CloseNvjpeg {
  void operator()(nvjpegHandle_t it) const { (void)nvjpeg().destroy(it); }
  void operator()(nvjpegJpegState_t it) const { (void)nvjpeg().destroy_state(it); }
  void operator()(nvjpegJpegDecoder_t it) const { (void)nvjpeg().destroy_decoder(it); }
  void operator()(nvjpegJpegStream_t it) const { (void)nvjpeg().destroy_header(it); }
  void operator()(nvjpegDecodeParams_t it) const { (void)nvjpeg().destroy_settings(it); }
  void operator()(nvjpegBufferPinned_t it) const { (void)nvjpeg().destroy_pinned(it); }
  void operator()(nvjpegBufferDevice_t it) const { (void)nvjpeg().destroy_device(it); }
};
using NvjpegState = std::unique_ptr<nvjpegJpegState, CloseNvjpeg>;      ///< for one call at a time
using NvjpegDecoder = std::unique_ptr<nvjpegJpegDecoder, CloseNvjpeg>;  ///< for all threads
using NvjpegHeader = std::unique_ptr<nvjpegJpegStream, CloseNvjpeg>;    ///< a parsed picture; for one thread
using NvjpegSettings = std::unique_ptr<nvjpegDecodeParams, CloseNvjpeg>;  ///< for one thread
using NvjpegPinned = std::unique_ptr<nvjpegBufferPinned, CloseNvjpeg>;
using NvjpegDeviceMemory = std::unique_ptr<nvjpegBufferDevice, CloseNvjpeg>;

/// nvJPEG with one back end, for all threads; it allocates through us, so that what it allocates is known.
class Nvjpeg {
 public:
  /// Throws Unsupported where this GPU lacks the back end (its hardware engine), DeviceError.
  explicit Nvjpeg(nvjpegBackend_t backend);
  Nvjpeg(Nvjpeg const&) = delete;
  Nvjpeg& operator=(Nvjpeg const&) = delete;

  nvjpegHandle_t get() const { return handle_.get(); }
  /// Buffers of device and page-locked memory that the library has asked for, so far.
  std::uint64_t allocations() const { return allocations_; }
  /// Of the hardware back end: its engines, and the cores of each; 0 and 0 where the library does not say.
  struct Engines {
    unsigned engines = 0, cores = 0;
  };
  Engines engines() const;

  NvjpegState batched_state() const;
  NvjpegState state(NvjpegDecoder const& decoder) const;
  NvjpegDecoder decoder(nvjpegBackend_t backend) const;
  NvjpegHeader header() const;
  NvjpegSettings settings() const;  ///< to interleaved RGB
  /// Attached to `state`, and large enough for `bytes`.
  NvjpegPinned pinned(NvjpegState const& state, std::size_t bytes, cudaStream_t stream);
  NvjpegDeviceMemory device_memory(NvjpegState const& state, std::size_t bytes, cudaStream_t stream);

 private:
  std::atomic<std::uint64_t> allocations_{0};
  nvjpegDevAllocatorV2_t on_device_;
  nvjpegPinnedAllocatorV2_t pinned_;
  std::unique_ptr<nvjpegHandle, CloseNvjpeg> handle_{};
};

}  // namespace muster::cuda
