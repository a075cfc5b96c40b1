// Stand-in for libnvjpeg on libjpeg-turbo: bytes are decoded in the call, pixels reach the device in stream
// order.
#include <nvjpeg.h>
#include <turbojpeg.h>

#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "tests/standin/cudart/hooks.hpp"
#include "tests/standin/support/faults.hpp"
#include "tests/standin/support/machine.hpp"

using namespace muster::standin;

namespace {

struct Decompressor {
  Decompressor() : handle(tjInitDecompress()) {}
  ~Decompressor() { tjDestroy(handle); }
  Decompressor(Decompressor const&) = delete;
  Decompressor& operator=(Decompressor const&) = delete;
  tjhandle handle;
};

struct Header {
  int width = 0, height = 0, subsampling = 0, colours = 0;
};

std::optional<nvjpegStatus_t> on_demand(char const* function) {
  if (auto const status = injected(function)) return static_cast<nvjpegStatus_t>(*status);
  return std::nullopt;
}

std::optional<Header> read_header(tjhandle handle, unsigned char const* data, std::size_t length) {
  Header header;
  int const failed = tjDecompressHeader3(handle, data, static_cast<unsigned long>(length), &header.width,
                                         &header.height, &header.subsampling, &header.colours);
  return failed == 0 ? std::optional(header) : std::nullopt;
}

struct Pixels {
  Header header;
  std::vector<unsigned char> rgb;  // interleaved
};

std::optional<Pixels> decode(tjhandle handle, unsigned char const* data, std::size_t length, bool bgr) {
  auto const header = read_header(handle, data, length);
  if (!header) return std::nullopt;
  Pixels pixels{*header, std::vector<unsigned char>(std::size_t{3} * static_cast<unsigned>(header->width) *
                                                    static_cast<unsigned>(header->height))};
  int const failed = tjDecompress2(handle, data, static_cast<unsigned long>(length), pixels.rgb.data(),
                                   header->width, 0, header->height, bgr ? TJPF_BGR : TJPF_RGB, 0);
  // A warning (trailing rubbish, a cut file) leaves a picture; nvJPEG decodes on as well.
  if (failed != 0 && tjGetErrorCode(handle) == TJERR_FATAL) return std::nullopt;
  return pixels;
}

bool interleaved(nvjpegOutputFormat_t format) {
  return format == NVJPEG_OUTPUT_RGBI || format == NVJPEG_OUTPUT_BGRI;
}

// Do the planes lie on the device, as large as the picture?
bool fits(Header const& header, nvjpegOutputFormat_t format, nvjpegImage_t const& image) {
  auto const row = static_cast<std::size_t>(header.width) * (interleaved(format) ? 3 : 1);
  for (int plane = 0; plane < (interleaved(format) ? 1 : 3); ++plane) {
    std::size_t const bytes = image.pitch[plane] * (static_cast<std::size_t>(header.height) - 1) + row;
    if (image.pitch[plane] < row || !muster_standin_is_device_memory(image.channel[plane], bytes))
      return false;
  }
  return true;
}

void write(Pixels const& pixels, nvjpegOutputFormat_t format, nvjpegImage_t const& image) {
  auto const width = static_cast<std::size_t>(pixels.header.width),
             height = static_cast<std::size_t>(pixels.header.height);
  for (std::size_t y = 0; y < height; ++y) {
    auto const* const row = pixels.rgb.data() + y * width * 3;
    if (interleaved(format)) {
      std::memcpy(image.channel[0] + y * image.pitch[0], row, width * 3);
      continue;
    }
    for (std::size_t x = 0; x < width; ++x) {
      for (std::size_t plane = 0; plane < 3; ++plane)
        image.channel[plane][y * image.pitch[plane] + x] = row[x * 3 + plane];
    }
  }
}

}  // namespace

extern "C" {

nvjpegStatus_t nvjpegGetProperty(libraryPropertyType type, int* value) {
  *value = type == MAJOR_VERSION ? 13 : 0;
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegCreateSimple(nvjpegHandle_t* handle) {
  if (auto const status = on_demand(__func__)) return *status;
  if (machine().gpus == 0) return NVJPEG_STATUS_NOT_INITIALIZED;
  *handle = reinterpret_cast<nvjpegHandle_t>(new char);
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegDestroy(nvjpegHandle_t handle) {
  delete reinterpret_cast<char*>(handle);
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegJpegStateCreate(nvjpegHandle_t, nvjpegJpegState_t* state) {
  if (auto const status = on_demand(__func__)) return *status;
  *state = reinterpret_cast<nvjpegJpegState_t>(new Decompressor);
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegJpegStateDestroy(nvjpegJpegState_t state) {
  delete reinterpret_cast<Decompressor*>(state);
  return NVJPEG_STATUS_SUCCESS;
}

nvjpegStatus_t nvjpegDecode(nvjpegHandle_t, nvjpegJpegState_t state, unsigned char const* data,
                            std::size_t length, nvjpegOutputFormat_t format, nvjpegImage_t* image,
                            cudaStream_t stream) {
  auto const injected_fault = fault(__func__);
  if (injected_fault && injected_fault->kind == Fault::Kind::status) {
    return static_cast<nvjpegStatus_t>(injected_fault->value);
  }
  if (!interleaved(format) && format != NVJPEG_OUTPUT_RGB && format != NVJPEG_OUTPUT_BGR) {
    return NVJPEG_STATUS_INVALID_PARAMETER;
  }
  bool const bgr = format == NVJPEG_OUTPUT_BGR || format == NVJPEG_OUTPUT_BGRI;
  auto pixels = decode(reinterpret_cast<Decompressor*>(state)->handle, data, length, bgr);
  if (!pixels) return NVJPEG_STATUS_BAD_JPEG;
  if (!fits(pixels->header, format, *image))
    return NVJPEG_STATUS_INVALID_PARAMETER;  // the real one would fault
  if (injected_fault && injected_fault->kind == Fault::Kind::wrong) {
    for (auto& byte : pixels->rgb) byte = static_cast<unsigned char>(byte ^ 0x80U);
  }
  bool const queued = muster_standin_enqueue(stream, [=, target = *image, decoded = *std::move(pixels)] {
    if (injected_fault && injected_fault->kind == Fault::Kind::hang) hang();
    if (injected_fault && injected_fault->kind == Fault::Kind::delay) delay(injected_fault->value);
    write(decoded, format, target);
    return cudaSuccess;
  });
  return queued ? NVJPEG_STATUS_SUCCESS : NVJPEG_STATUS_EXECUTION_FAILED;
}
}
