#include "kernels/dataload/nvjpeg_hybrid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace muster::cuda {
namespace {

// Coefficients of 4:4:4 are two bytes a sample; the device also keeps the planes that are made of them.
constexpr std::uint64_t pinned_per_pixel = 6, device_per_pixel = 9;
constexpr std::uint64_t most_pinned = std::uint64_t{8} << 20, most_device = std::uint64_t{16} << 20;

/// What is wrong with the picture, or "". Throws where it is the library's or the GPU's fault.
std::string fault_in(char const* call, nvjpegStatus_t status) {
  if (status == NVJPEG_STATUS_SUCCESS) return {};
  if (!blames_picture(status)) check(status, call);
  return fmt::format("{} failed ({}: {})", call, static_cast<int>(status), words(status));
}

}  // namespace

bool blames_picture(nvjpegStatus_t status) {
  switch (status) {
    case NVJPEG_STATUS_INVALID_PARAMETER:
    case NVJPEG_STATUS_BAD_JPEG:
    case NVJPEG_STATUS_JPEG_NOT_SUPPORTED:
    case NVJPEG_STATUS_INTERNAL_ERROR:
    case NVJPEG_STATUS_INCOMPLETE_BITSTREAM:
      return true;
    default:
      return false;
  }
}

std::string size_fault(NvjpegHeader const& header, JpegTarget const& target) {
  unsigned width = 0, height = 0;
  check(nvjpeg().dimensions(header.get(), &width, &height), "nvjpegJpegStreamGetFrameDimensions");
  if (std::cmp_equal(width, target.picture_width) && std::cmp_equal(height, target.picture_height)) return {};
  return fmt::format("it is {} x {} where the index says {} x {}: changed meanwhile?", width, height,
                     target.picture_width, target.picture_height);
}

HybridDecoder::HybridDecoder(int threads, int lanes, std::uint64_t largest_pixels)
    : nvjpeg_(NVJPEG_BACKEND_HYBRID),
      decoder_(nvjpeg_.decoder(NVJPEG_BACKEND_HYBRID)),
      lanes_per_thread_(lanes),
      lanes_(static_cast<std::size_t>(threads) * static_cast<std::size_t>(lanes)),
      turn_(static_cast<std::size_t>(threads), 0) {
  for (auto& lane : lanes_) {
    auto const stream = lane.stream.get();
    lane.state = nvjpeg_.state(decoder_);
    lane.pinned =
        nvjpeg_.pinned(lane.state, std::min(most_pinned, pinned_per_pixel * largest_pixels), stream);
    lane.memory =
        nvjpeg_.device_memory(lane.state, std::min(most_device, device_per_pixel * largest_pixels), stream);
    lane.header = nvjpeg_.header();
    lane.settings = nvjpeg_.settings();
  }
}

HybridDecoder::~HybridDecoder() {
  for (auto const& lane : lanes_) lane.done.outlast();
}

std::string HybridDecoder::decode(int thread, int lanes, JpegTarget const& target, Event const& after) {
  auto const mine = static_cast<std::size_t>(thread);
  auto const turn = turn_[mine]++ % static_cast<unsigned>(lanes);
  auto& lane = lanes_[mine * static_cast<std::size_t>(lanes_per_thread_) + turn];
  if (lane.used) lane.done.wait();
  make_wait(lane.stream.get(), after);
  auto why = enqueue(lane, target);
  lane.done.record(lane.stream.get());
  lane.used = lane.open = true;
  return why;
}

std::string HybridDecoder::enqueue(Lane& lane, JpegTarget const& target) {
  auto const& api = nvjpeg();
  auto const handle = nvjpeg_.get();
  auto const state = lane.state.get();
  auto const header = lane.header.get();
  auto const stream = lane.stream.get();
  auto image = target.image();
  auto why =
      fault_in("nvjpegJpegStreamParse", api.parse(handle, target.data(), target.bytes.size(), 0, 0, header));
  if (why.empty()) why = size_fault(lane.header, target);
  if (why.empty()) {
    int const width = target.is_whole() ? -1 : target.width, height = target.is_whole() ? -1 : target.height;
    why = fault_in("nvjpegDecodeParamsSetROI",
                   api.set_region(lane.settings.get(), target.left, target.top, width, height));
  }
  if (why.empty()) {
    why = fault_in("nvjpegDecodeJpegHost",
                   api.decode_host(handle, decoder_.get(), state, lane.settings.get(), header));
  }
  if (why.empty()) {
    why = fault_in("nvjpegDecodeJpegTransferToDevice",
                   api.transfer(handle, decoder_.get(), state, header, stream));
  }
  if (why.empty()) {
    why =
        fault_in("nvjpegDecodeJpegDevice", api.decode_device(handle, decoder_.get(), state, &image, stream));
  }
  return why;
}

void HybridDecoder::join(cudaStream_t stream) {
  for (auto& lane : lanes_) {
    if (std::exchange(lane.open, false)) make_wait(stream, lane.done);
  }
}

}  // namespace muster::cuda
