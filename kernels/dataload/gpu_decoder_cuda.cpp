#include "kernels/dataload/gpu_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

namespace muster::cuda {

using dataload::EncodedImage;
using dataload::RecordSet;

namespace {

constexpr std::size_t most_slots_per_thread = 4;
constexpr std::size_t slot_memory = std::size_t{1} << 30;

std::size_t largest_picture_bytes(RecordSet const& set) { return 3 * set.records.totals().largest_picture; }

/// Four, or fewer when the pictures are so large that a gibibyte would not hold them.
std::size_t slots_per_thread(RecordSet const& set, Team const& team) {
  auto const round = largest_picture_bytes(set) * static_cast<std::size_t>(team.size());
  return std::clamp<std::size_t>(slot_memory / std::max<std::size_t>(round, 1), 1, most_slots_per_thread);
}

}  // namespace

GpuDecoder::GpuDecoder(RecordSet const& set, Team& team)
    : set_(set),
      team_(team),
      handle_(open_nvjpeg()),
      slots_per_thread_(slots_per_thread(set, team)),
      slots_(slots_per_thread_ * static_cast<std::size_t>(team.size())),
      turn_(static_cast<std::size_t>(team.size()), 0) {
  auto const bytes = largest_picture_bytes(set);
  for (auto& slot : slots_) {
    slot.state = make_state(handle_);
    slot.pixels = DeviceBuffer(bytes, "a decoded picture");
  }
}

GpuDecoder::~GpuDecoder() {
  for (auto const& slot : slots_) slot.done.outlast();
}

void GpuDecoder::run(std::span<EncodedImage const> images, Then const& then, cudaStream_t queue) {
  ++runs_;
  std::atomic<std::size_t> next{0};
  team_.run([&](int thread) {
    auto& turn = turn_[static_cast<std::size_t>(thread)];
    for (std::size_t i = next++; i < images.size(); i = next++) {
      auto& slot = slots_[static_cast<std::size_t>(thread) * slots_per_thread_ + turn++ % slots_per_thread_];
      if (slot.run > 0) slot.done.wait();
      slot.index = i;
      slot.run = runs_;
      decode(slot, images[i]);
      then(slot);
      slot.done.record(slot.stream.get());
    }
  });
  for (auto const& slot : slots_) {
    if (slot.run == runs_) make_wait(queue, slot.done);
  }
}

void GpuDecoder::decode(Slot& slot, EncodedImage const& image) {
  auto const& record = set_.records[image.record];
  auto const pitch = static_cast<std::size_t>(record.width) * 3;
  nvjpegImage_t target{};
  target.channel[0] = slot.pixels.as<unsigned char>();
  target.pitch[0] = pitch;
  slot.view = {slot.pixels.as<std::uint8_t>(), record.width, record.height, pitch};
  auto const status = nvjpeg().decode(handle_.get(), slot.state.get(),
                                      reinterpret_cast<unsigned char const*>(image.bytes.data()),
                                      image.bytes.size(), NVJPEG_OUTPUT_RGBI, &target, slot.stream.get());
  if (status != NVJPEG_STATUS_SUCCESS) note_failure(image, status);
}

void GpuDecoder::note_failure(EncodedImage const& image, nvjpegStatus_t status) {
  std::lock_guard const lock(failure_mutex_);
  if (failures_++ > 0) return;
  first_failure_ = fmt::format("nvjpegDecode failed ({}: {}): {}", static_cast<int>(status), words(status),
                               dataload::describe(set_, set_.records[image.record]));
}

}  // namespace muster::cuda
