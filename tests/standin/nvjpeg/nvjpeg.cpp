// Stand-in for libnvjpeg on libjpeg-turbo: bytes are decoded in the call, pixels reach the device in stream
// order. Stricter than the real one: a state whose work is not done is refused, where the real one may spoil
// that work.
#include <nvjpeg.h>
#include <turbojpeg.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "tests/standin/cudart/hooks.hpp"
#include "tests/standin/support/faults.hpp"
#include "tests/standin/support/machine.hpp"

using namespace muster::standin;

namespace {

std::optional<nvjpegStatus_t> on_demand(char const* function) {
  if (auto const status = injected(function)) return static_cast<nvjpegStatus_t>(*status);
  return std::nullopt;
}

struct Decompressor {
  Decompressor() : handle(tjInitDecompress()) {}
  ~Decompressor() { tjDestroy(handle); }
  Decompressor(Decompressor const&) = delete;
  Decompressor& operator=(Decompressor const&) = delete;
  tjhandle handle;
};

struct Header {
  int width = 0, height = 0, subsampling = 0, colours = 0;
  bool progressive = false;
};

// Walks the marker segments up to the frame's header.
bool is_progressive(unsigned char const* data, std::size_t length) {
  for (std::size_t at = 2; at + 4 <= length && data[at] == 0xFF;) {
    unsigned const marker = data[at + 1];
    if (marker == 0xC2) return true;
    if (marker == 0xDA || marker == 0xC0 || marker == 0xC1) return false;
    at += 2 + (std::size_t{data[at + 2]} << 8 | data[at + 3]);
  }
  return false;
}

std::optional<Header> read_header(tjhandle handle, unsigned char const* data, std::size_t length) {
  Header header;
  int const failed = tjDecompressHeader3(handle, data, static_cast<unsigned long>(length), &header.width,
                                         &header.height, &header.subsampling, &header.colours);
  header.progressive = is_progressive(data, length);
  return failed == 0 && header.width > 0 ? std::optional(header) : std::nullopt;
}

std::size_t rgb_bytes(Header const& header) {
  return std::size_t{3} * static_cast<unsigned>(header.width) * static_cast<unsigned>(header.height);
}

// To interleaved RGB. A warning (trailing rubbish, a cut file) leaves a picture; nvJPEG decodes on as well.
bool decode(tjhandle handle, unsigned char const* data, std::size_t length, Header const& header,
            unsigned char* rgb) {
  int const failed = tjDecompress2(handle, data, static_cast<unsigned long>(length), rgb, header.width, 0,
                                   header.height, TJPF_RGB, 0);
  return failed == 0 || tjGetErrorCode(handle) != TJERR_FATAL;
}

// Does the picture's memory lie on the device, as large as the picture?
bool fits(Header const& header, nvjpegImage_t const& image) {
  auto const row = static_cast<std::size_t>(header.width) * 3;
  std::size_t const bytes = image.pitch[0] * (static_cast<std::size_t>(header.height) - 1) + row;
  return image.pitch[0] >= row && muster_standin_is_device_memory(image.channel[0], bytes);
}

void write(unsigned char const* rgb, Header const& header, nvjpegImage_t const& image) {
  auto const row = static_cast<std::size_t>(header.width) * 3;
  for (std::size_t y = 0; y < static_cast<std::size_t>(header.height); ++y)
    std::memcpy(image.channel[0] + y * image.pitch[0], rgb + y * row, row);
}

// Work in a stream that is not done yet.
class Pending {
 public:
  bool any() const { return *count_ > 0; }
  template <class Work>
  nvjpegStatus_t enqueue(cudaStream_t stream, Work work) {
    auto const count = count_;
    ++*count;
    bool const queued = muster_standin_enqueue(stream, [count, work = std::move(work)] {
      work();
      --*count;
      return cudaSuccess;
    });
    if (!queued) --*count;
    return queued ? NVJPEG_STATUS_SUCCESS : NVJPEG_STATUS_EXECUTION_FAILED;
  }

 private:
  std::shared_ptr<std::atomic<int>> count_ = std::make_shared<std::atomic<int>>(0);
};

void suffer(std::optional<Fault> const& fault) {
  if (fault && fault->kind == Fault::Kind::hang) hang();
  if (fault && fault->kind == Fault::Kind::delay) delay(fault->value);
}

bool is_wrong(std::optional<Fault> const& fault) { return fault && fault->kind == Fault::Kind::wrong; }

}  // namespace

struct nvjpegHandle {
  nvjpegBackend_t backend;
};

struct nvjpegJpegDecoder {
  nvjpegBackend_t backend;
};

struct nvjpegDecodeParams {
  nvjpegOutputFormat_t format = NVJPEG_OUTPUT_UNCHANGED;
  int left = 0, top = 0, width = -1, height = -1;  // the region; -1: the whole picture
};

struct nvjpegJpegStream {
  Decompressor decompressor;
  std::optional<Header> header;
  unsigned char const* data = nullptr;  // the caller's, as with the real one's save_stream 0
  std::size_t length = 0;
};

namespace {

// Moves the region of a decoded picture to its front.
bool keep_region(Header& header, unsigned char* rgb, nvjpegDecodeParams const& region) {
  if (region.width < 0) return true;
  if (region.left + region.width > header.width || region.top + region.height > header.height) return false;
  auto const row = static_cast<std::size_t>(region.width) * 3;
  for (int y = 0; y < region.height; ++y) {
    auto const from = static_cast<std::size_t>((region.top + y) * header.width + region.left);
    std::memmove(rgb + static_cast<std::size_t>(y) * row, rgb + 3 * from, row);
  }
  header.width = region.width;
  header.height = region.height;
  return true;
}

// Memory from the caller's allocator, of which there may be more than asked for, never less.
template <class Allocator, auto allocate, auto release>
class Memory {
 public:
  explicit Memory(Allocator allocator) : allocator_(allocator) {}
  Memory(Memory const&) = delete;
  Memory& operator=(Memory const&) = delete;
  ~Memory() { give_back(nullptr); }
  nvjpegStatus_t resize(std::size_t bytes, cudaStream_t stream) {
    if (bytes <= bytes_) return NVJPEG_STATUS_SUCCESS;
    give_back(stream);
    void* at = nullptr;
    if ((allocator_.*allocate)(context(), &at, bytes, stream) != 0) return NVJPEG_STATUS_ALLOCATOR_FAILURE;
    at_ = static_cast<unsigned char*>(at);
    bytes_ = bytes;
    return NVJPEG_STATUS_SUCCESS;
  }
  unsigned char* at() const { return at_; }

 private:
  void* context() const {
    if constexpr (requires { allocator_.dev_ctx; }) {
      return allocator_.dev_ctx;
    } else {
      return allocator_.pinned_ctx;
    }
  }
  void give_back(cudaStream_t stream) {
    if (at_ != nullptr) (void)(allocator_.*release)(context(), at_, bytes_, stream);
    at_ = nullptr;
    bytes_ = 0;
  }

  Allocator allocator_;
  unsigned char* at_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace

struct nvjpegBufferPinned : Memory<nvjpegPinnedAllocatorV2_t, &nvjpegPinnedAllocatorV2_t::pinned_malloc,
                                   &nvjpegPinnedAllocatorV2_t::pinned_free> {
  using Memory::Memory;
};

struct nvjpegBufferDevice
    : Memory<nvjpegDevAllocatorV2_t, &nvjpegDevAllocatorV2_t::dev_malloc, &nvjpegDevAllocatorV2_t::dev_free> {
  using Memory::Memory;
};

struct nvjpegJpegState {
  Decompressor decompressor;
  Pending pending;
  // Of single pictures.
  nvjpegBufferPinned* pinned = nullptr;
  nvjpegBufferDevice* device = nullptr;
  Header header;
  // Of batches.
  int pictures = 0;
  nvjpegOutputFormat_t format = NVJPEG_OUTPUT_UNCHANGED;
};

extern "C" {

nvjpegStatus_t nvjpegGetProperty(libraryPropertyType type, int* value) {
  *value = type == MAJOR_VERSION ? 13 : 0;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegCreateExV2(nvjpegBackend_t backend, nvjpegDevAllocatorV2_t*, nvjpegPinnedAllocatorV2_t*,
                                unsigned, nvjpegHandle_t* handle) {
  if (auto const status = on_demand(__func__)) return *status;
  if (machine().gpus == 0) return NVJPEG_STATUS_NOT_INITIALIZED;
  if (backend == NVJPEG_BACKEND_HARDWARE && jpeg_engines() == 0) return NVJPEG_STATUS_ARCH_MISMATCH;
  *handle = new nvjpegHandle{backend};
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegDestroy(nvjpegHandle_t handle) {
  delete handle;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegGetHardwareDecoderInfo(nvjpegHandle_t, unsigned* engines, unsigned* cores) {
  *engines = jpeg_engines();
  *cores = jpeg_engines() > 0 ? 1 : 0;
  return NVJPEG_STATUS_SUCCESS;
}

// ---- parsed pictures ----

nvjpegStatus_t nvjpegJpegStreamCreate(nvjpegHandle_t, nvjpegJpegStream_t* stream) {
  if (auto const status = on_demand(__func__)) return *status;
  *stream = new nvjpegJpegStream;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegJpegStreamDestroy(nvjpegJpegStream_t stream) {
  delete stream;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegJpegStreamParse(nvjpegHandle_t, unsigned char const* data, std::size_t length, int, int,
                                     nvjpegJpegStream_t stream) {
  if (auto const status = on_demand(__func__)) return *status;
  stream->header = read_header(stream->decompressor.handle, data, length);
  stream->data = data;
  stream->length = length;
  return stream->header ? NVJPEG_STATUS_SUCCESS : NVJPEG_STATUS_BAD_JPEG;
}

nvjpegStatus_t nvjpegJpegStreamParseHeader(nvjpegHandle_t, unsigned char const* data, std::size_t length,
                                           nvjpegJpegStream_t stream) {
  if (auto const status = on_demand(__func__)) return *status;
  stream->header = read_header(stream->decompressor.handle, data, length);
  stream->data = nullptr;
  return stream->header ? NVJPEG_STATUS_SUCCESS : NVJPEG_STATUS_BAD_JPEG;
}

nvjpegStatus_t nvjpegJpegStreamGetFrameDimensions(nvjpegJpegStream_t stream, unsigned* width,
                                                  unsigned* height) {
  if (!stream->header) return NVJPEG_STATUS_INVALID_PARAMETER;
  *width = static_cast<unsigned>(stream->header->width);
  *height = static_cast<unsigned>(stream->header->height);
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegDecodeParamsCreate(nvjpegHandle_t, nvjpegDecodeParams_t* settings) {
  *settings = new nvjpegDecodeParams;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegDecodeParamsDestroy(nvjpegDecodeParams_t settings) {
  delete settings;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegDecodeParamsSetOutputFormat(nvjpegDecodeParams_t settings, nvjpegOutputFormat_t format) {
  settings->format = format;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegDecodeParamsSetROI(nvjpegDecodeParams_t settings, int left, int top, int width,
                                        int height) {
  if (auto const status = on_demand(__func__)) return *status;
  if (left < 0 || top < 0 || ((width < 1 || height < 1) && (width != -1 || height != -1)))
    return NVJPEG_STATUS_INVALID_PARAMETER;
  settings->left = left;
  settings->top = top;
  settings->width = width;
  settings->height = height;
  return NVJPEG_STATUS_SUCCESS;
}

// ---- buffers ----

nvjpegStatus_t nvjpegBufferPinnedCreateV2(nvjpegHandle_t, nvjpegPinnedAllocatorV2_t* allocator,
                                          nvjpegBufferPinned_t* buffer) {
  *buffer = new nvjpegBufferPinned(*allocator);
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegBufferPinnedResize(nvjpegBufferPinned_t buffer, std::size_t bytes, cudaStream_t stream) {
  if (auto const status = on_demand(__func__)) return *status;
  return buffer->resize(bytes, stream);
}

nvjpegStatus_t nvjpegBufferPinnedDestroy(nvjpegBufferPinned_t buffer) {
  delete buffer;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegStateAttachPinnedBuffer(nvjpegJpegState_t state, nvjpegBufferPinned_t buffer) {
  state->pinned = buffer;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegBufferDeviceCreateV2(nvjpegHandle_t, nvjpegDevAllocatorV2_t* allocator,
                                          nvjpegBufferDevice_t* buffer) {
  *buffer = new nvjpegBufferDevice(*allocator);
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegBufferDeviceResize(nvjpegBufferDevice_t buffer, std::size_t bytes, cudaStream_t stream) {
  if (auto const status = on_demand(__func__)) return *status;
  return buffer->resize(bytes, stream);
}

nvjpegStatus_t nvjpegBufferDeviceDestroy(nvjpegBufferDevice_t buffer) {
  delete buffer;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegStateAttachDeviceBuffer(nvjpegJpegState_t state, nvjpegBufferDevice_t buffer) {
  state->device = buffer;
  return NVJPEG_STATUS_SUCCESS;
}

// ---- one picture in three steps ----

nvjpegStatus_t nvjpegDecoderCreate(nvjpegHandle_t, nvjpegBackend_t backend, nvjpegJpegDecoder_t* decoder) {
  if (auto const status = on_demand(__func__)) return *status;
  *decoder = new nvjpegJpegDecoder{backend};
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegDecoderDestroy(nvjpegJpegDecoder_t decoder) {
  delete decoder;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegDecoderStateCreate(nvjpegHandle_t, nvjpegJpegDecoder_t, nvjpegJpegState_t* state) {
  if (auto const status = on_demand(__func__)) return *status;
  *state = new nvjpegJpegState;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegDecodeJpegHost(nvjpegHandle_t, nvjpegJpegDecoder_t, nvjpegJpegState_t state,
                                    nvjpegDecodeParams_t settings, nvjpegJpegStream_t stream) {
  if (auto const status = on_demand(__func__)) return *status;
  if (state->pending.any() || settings->format != NVJPEG_OUTPUT_RGBI || !stream->data || !state->pinned)
    return NVJPEG_STATUS_INVALID_PARAMETER;
  state->header = *stream->header;
  auto const room = state->pinned->resize(rgb_bytes(state->header), nullptr);
  if (room != NVJPEG_STATUS_SUCCESS) return room;
  bool const good =
      decode(state->decompressor.handle, stream->data, stream->length, state->header, state->pinned->at());
  if (!good) return NVJPEG_STATUS_BAD_JPEG;
  return keep_region(state->header, state->pinned->at(), *settings) ? NVJPEG_STATUS_SUCCESS
                                                                    : NVJPEG_STATUS_INVALID_PARAMETER;
}

nvjpegStatus_t nvjpegDecodeJpegTransferToDevice(nvjpegHandle_t, nvjpegJpegDecoder_t, nvjpegJpegState_t state,
                                                nvjpegJpegStream_t, cudaStream_t stream) {
  if (auto const status = on_demand(__func__)) return *status;
  auto const bytes = rgb_bytes(state->header);
  if (!state->device) return NVJPEG_STATUS_INVALID_PARAMETER;
  auto const room = state->device->resize(bytes, stream);
  if (room != NVJPEG_STATUS_SUCCESS) return room;
  return state->pending.enqueue(
      stream, [=, to = state->device->at(), from = state->pinned->at()] { std::memcpy(to, from, bytes); });
}

nvjpegStatus_t nvjpegDecodeJpegDevice(nvjpegHandle_t, nvjpegJpegDecoder_t, nvjpegJpegState_t state,
                                      nvjpegImage_t* image, cudaStream_t stream) {
  auto const found = fault(__func__);
  if (found && found->kind == Fault::Kind::status) return static_cast<nvjpegStatus_t>(found->value);
  auto const header = state->header;
  if (!state->device || !fits(header, *image))
    return NVJPEG_STATUS_INVALID_PARAMETER;  // the real one would fault
  return state->pending.enqueue(stream, [=, from = state->device->at(), target = *image] {
    suffer(found);
    if (is_wrong(found)) std::for_each(from, from + rgb_bytes(header), [](auto& byte) { byte ^= 0x80U; });
    write(from, header, target);
  });
}

// ---- a batch in one call ----

nvjpegStatus_t nvjpegJpegStateCreate(nvjpegHandle_t, nvjpegJpegState_t* state) {
  if (auto const status = on_demand(__func__)) return *status;
  *state = new nvjpegJpegState;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegJpegStateDestroy(nvjpegJpegState_t state) {
  delete state;
  return NVJPEG_STATUS_SUCCESS;
}

}  // extern "C"

namespace {

// What the engine of A100 and H100 takes: baseline, no 4:1:1. (4:1:0 has no name in libjpeg-turbo either.)
bool is_taken(nvjpegBackend_t backend, Header const& header) {
  return backend != NVJPEG_BACKEND_HARDWARE || (!header.progressive && header.subsampling != TJSAMP_411);
}

struct Decoded {
  Header header;
  std::vector<unsigned char> rgb;
};

nvjpegStatus_t decode_into(Decoded& decoded, nvjpegBackend_t backend, tjhandle handle,
                           unsigned char const* data, std::size_t length, nvjpegImage_t const& image) {
  auto const header = read_header(handle, data, length);
  if (!header) return NVJPEG_STATUS_BAD_JPEG;
  if (!is_taken(backend, *header)) return NVJPEG_STATUS_JPEG_NOT_SUPPORTED;
  if (!fits(*header, image)) return NVJPEG_STATUS_INVALID_PARAMETER;
  decoded = {*header, std::vector<unsigned char>(rgb_bytes(*header))};
  return decode(handle, data, length, *header, decoded.rgb.data()) ? NVJPEG_STATUS_SUCCESS
                                                                   : NVJPEG_STATUS_BAD_JPEG;
}

}  // namespace

extern "C" {

nvjpegStatus_t nvjpegDecodeBatchedSupported(nvjpegHandle_t handle, nvjpegJpegStream_t stream,
                                            int* is_supported) {
  if (auto const status = on_demand(__func__)) return *status;
  *is_supported = is_taken(handle->backend, *stream->header) ? 0 : 1;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegDecodeBatchedInitialize(nvjpegHandle_t, nvjpegJpegState_t state, int pictures, int,
                                             nvjpegOutputFormat_t format) {
  if (auto const status = on_demand(__func__)) return *status;
  if (pictures < 1 || state->pending.any()) return NVJPEG_STATUS_INVALID_PARAMETER;
  state->pictures = pictures;
  state->format = format;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegDecodeBatched(nvjpegHandle_t handle, nvjpegJpegState_t state,
                                   unsigned char const* const* data, std::size_t const* lengths,
                                   nvjpegImage_t* images, cudaStream_t stream) {
  auto const found = fault(__func__);
  if (found && found->kind == Fault::Kind::status) return static_cast<nvjpegStatus_t>(found->value);
  if (state->pictures == 0 || state->format != NVJPEG_OUTPUT_RGBI || state->pending.any())
    return NVJPEG_STATUS_INVALID_PARAMETER;
  std::vector<Decoded> all(static_cast<std::size_t>(state->pictures));
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto const status =
        decode_into(all[i], handle->backend, state->decompressor.handle, data[i], lengths[i], images[i]);
    if (status != NVJPEG_STATUS_SUCCESS) return status;
    if (is_wrong(found)) std::ranges::for_each(all[i].rgb, [](auto& byte) { byte ^= 0x80U; });
  }
  std::vector<nvjpegImage_t> targets(images, images + all.size());
  return state->pending.enqueue(stream, [found, all = std::move(all), targets = std::move(targets)] {
    suffer(found);
    for (std::size_t i = 0; i < all.size(); ++i) write(all[i].rgb.data(), all[i].header, targets[i]);
  });
}
}
