#include "kernels/dataload/gpu_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <numeric>

#include "kernels/dataload/prepared_picture.hpp"

namespace muster::cuda {

using dataload::EncodedImage;
using dataload::RecordSet;

namespace {}  // namespace

std::string DecoderPlan::text() const {
  auto const lanes_text =
      fmt::format("CUDA cores, Huffman codes on CPU threads (HYBRID), {} picture{} in flight a thread{}",
                  lanes, lanes == 1 ? "" : "s", region ? ", only the crop's region" : "");
  if (call == Call::none) return lanes_text;
  std::string const name =
      call == Call::engine ? "JPEG engine (HARDWARE)" : "CUDA cores, a batch a call (GPU_HYBRID)";
  if (share >= 1) return name;
  return fmt::format("{} for {:.0f} % of the pictures; the rest: {}", name, 100 * share, lanes_text);
}

std::string DecoderPlan::name() const {
  std::string const tail = region ? "_region" : "";
  if (call == Call::none) return fmt::format("hybrid_{}{}", lanes, tail);
  std::string const name = call == Call::engine ? "hardware" : "batched";
  return share >= 1 ? name : fmt::format("{}_{:.0f}{}", name, 100 * share, tail);
}

std::size_t decoded_capacity(RecordSet const& set, int batch) {
  std::vector<std::size_t> sizes;
  sizes.reserve(set.records.size());
  for (auto const& record : set.records) sizes.push_back(device_bytes(record.width, record.height));
  auto const wanted = static_cast<std::size_t>(batch);
  // A batch touches two epochs, more when it is larger than the set; in each a record comes once.
  std::size_t const times = (wanted + sizes.size() - 1) / sizes.size() + 1;
  auto const distinct = std::min(sizes.size(), (wanted + times - 1) / times);
  std::ranges::partial_sort(sizes, sizes.begin() + static_cast<std::ptrdiff_t>(distinct), std::greater{});
  std::size_t bytes = 0;
  for (std::size_t i = 0, left = wanted; i < distinct; ++i) {
    auto const copies = std::min(times, left);
    bytes += copies * sizes[i];
    left -= copies;
  }
  return bytes;
}

GpuDecoder::GpuDecoder(RecordSet const& set, Team& team, int batch, DecoderPlan const& plan)
    : set_(set), team_(team), batch_size_(batch), largest_pixels_(set.records.totals().largest_picture) {
  auto const pictures = static_cast<std::size_t>(batch);
  for (auto& one : batches_) {
    one.memory = DeviceBuffer(decoded_capacity(set, batch), "a decoded batch");
    one.pictures.reserve(pictures);
    one.by.reserve(pictures);
  }
  for (auto* list : {&order_, &for_call_, &for_lanes_}) list->reserve(pictures);
  targets_.reserve(pictures);
  answers_.resize(pictures);
  use(plan);
}

GpuDecoder::~GpuDecoder() {
  for (auto const& batch : batches_) {
    batch.decoded.outlast();
    batch.free.outlast();
  }
}

void GpuDecoder::use(DecoderPlan const& plan) {
  int const threads = team_.size();
  if (plan.call == DecoderPlan::Call::engine && !engine_)
    engine_ = std::make_unique<BatchedDecoder>(NVJPEG_BACKEND_HARDWARE, batch_size_, threads);
  if (plan.call == DecoderPlan::Call::cores && !cores_)
    cores_ = std::make_unique<BatchedDecoder>(NVJPEG_BACKEND_GPU_HYBRID, batch_size_, threads);
  // Whatever the plan: what the call refuses comes here.
  if (!hybrid_ || hybrid_->lanes() < plan.lanes)
    hybrid_ = std::make_unique<HybridDecoder>(threads, plan.lanes, largest_pixels_);
  plan_ = plan;
}

DecodedBatch& GpuDecoder::run(std::span<EncodedImage const> images, cudaStream_t queue,
                              std::span<dataload::Crop const> crops) {
  auto const start = std::chrono::steady_clock::now();
  auto& batch = batches_[runs_++ % 2];
  images_ = images;
  crops_ = crops;
  place(images, batch);
  batch.begun.record(begin_.get());
  if (plan_.call != DecoderPlan::Call::none) look_at_headers(batch);
  divide(batch);
  run_tickets(batch);
  finish(batch, queue);
  host_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return batch;
}

void GpuDecoder::warm(std::span<EncodedImage const> images, Device& device,
                      std::span<dataload::Crop const> crops) {
  auto const queue = static_cast<cudaStream_t>(device.queue());
  auto const lanes = static_cast<std::size_t>(plan_.lanes) * static_cast<std::size_t>(team_.size());
  for (std::size_t decoded = 0; decoded < 2 * lanes + 2 * images.size(); decoded += images.size())
    done_with(run(images, queue, crops), queue);
  device.wait();
  allocations_when_warm_ = allocations();
  host_seconds_ = 0;
  by_call_ = refused_ = 0;
}

void GpuDecoder::done_with(DecodedBatch& batch, cudaStream_t queue) { batch.free.record(queue); }

/// Each at its place in the batch's memory; longest first in the order, so that no thread is left with a long
/// one at the end.
void GpuDecoder::place(std::span<EncodedImage const> images, DecodedBatch& batch) {
  auto* at = batch.memory.as<std::uint8_t>();
  batch.pictures.clear();
  for (auto const& image : images) {
    auto const& record = set_.records[image.record];
    batch.pictures.push_back({.bytes = image.bytes,
                              .pixels = at,
                              .width = record.width,
                              .height = record.height,
                              .pitch = device_pitch(record.width),
                              .picture_width = record.width,
                              .picture_height = record.height});
    at += device_bytes(record.width, record.height);
  }
  batch.by.assign(images.size(), DecodedBatch::By::lanes);
  order_.resize(images.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::ranges::sort(order_, std::greater{}, [&](std::size_t i) { return images[i].bytes.size(); });
}

void GpuDecoder::look_at_headers(DecodedBatch const& batch) {
  auto& decoder = call();
  std::atomic<std::size_t> next{0};
  team_.run([&](int thread) {
    for (std::size_t i = next++; i < batch.pictures.size(); i = next++) {
      auto const sound = decoder.parse(thread, batch.pictures[i]);
      answers_[i] = !sound ? Answer::unsound : decoder.takes(thread) ? Answer::taken : Answer::refused;
    }
  });
}

/// The call's share, as many as it takes, evenly from long pictures to short ones. All others go to the
/// lanes, where what is wrong with a bad one is found out.
void GpuDecoder::divide(DecodedBatch& batch) {
  for_call_.clear();
  for_lanes_.clear();
  bool const asked = plan_.call != DecoderPlan::Call::none;
  auto const answered = [&](Answer answer) {
    return asked ? static_cast<std::size_t>(
                       std::ranges::count_if(order_, [&](std::size_t i) { return answers_[i] == answer; }))
                 : 0;
  };
  auto const able = answered(Answer::taken);
  refused_ += answered(Answer::refused);
  auto const share = static_cast<std::size_t>(std::lround(plan_.share * static_cast<double>(order_.size())));
  auto const wanted = std::min(able, share);
  std::size_t seen = 0;
  for (auto const picture : order_) {
    bool const taken = asked && answers_[picture] == Answer::taken;
    bool const chosen = taken && (seen + 1) * wanted / able > seen * wanted / able;
    seen += taken ? 1 : 0;
    (chosen ? for_call_ : for_lanes_).push_back(picture);
    if (chosen) batch.by[picture] = DecodedBatch::By::call;
  }
}

/// The call is the first ticket, on one thread; the others begin with the lanes.
void GpuDecoder::run_tickets(DecodedBatch& batch) {
  bool called = true;
  std::atomic<std::size_t> next{0};
  team_.run([&](int thread) {
    for (std::size_t ticket = next++; ticket <= for_lanes_.size(); ticket = next++) {
      if (ticket == 0) {
        called = for_call_.empty() || run_call(batch);
      } else {
        decode_one(thread, for_lanes_[ticket - 1], batch);
      }
    }
  });
  if (called) {
    by_call_ += for_call_.size();
  } else {
    run_again(batch);
  }
}

bool GpuDecoder::run_call(DecodedBatch const& batch) {
  targets_.clear();
  for (auto const picture : for_call_) targets_.push_back(&batch.pictures[picture]);
  return call().decode(targets_, batch.free);
}

/// The call failed: its pictures one by one, to find the bad one and to decode the others.
void GpuDecoder::run_again(DecodedBatch& batch) {
  std::atomic<std::size_t> next{0};
  team_.run([&](int thread) {
    for (std::size_t i = next++; i < for_call_.size(); i = next++) {
      batch.by[for_call_[i]] = DecodedBatch::By::lanes;
      decode_one(thread, for_call_[i], batch);
    }
  });
}

void GpuDecoder::decode_one(int thread, std::size_t picture, DecodedBatch& batch) {
  auto& target = batch.pictures[picture];
  if (plan_.region && !crops_.empty()) target.narrow(crops_[picture]);
  auto const why = hybrid_->decode(thread, plan_.lanes, target, batch.free);
  if (why.empty()) return;
  batch.by[picture] = DecodedBatch::By::nobody;
  note_failure(picture, why);
}

void GpuDecoder::note_failure(std::size_t picture, std::string const& why) {
  std::lock_guard const lock(failure_mutex_);
  if (failures_++ > 0) return;
  first_failure_ =
      fmt::format("{}: {}", dataload::describe(set_, set_.records[images_[picture].record]), why);
}

void GpuDecoder::finish(DecodedBatch& batch, cudaStream_t queue) {
  auto const end = end_.get();
  hybrid_->join(end);
  if (plan_.call != DecoderPlan::Call::none) call().join(end);
  batch.decoded.record(end);
  make_wait(queue, batch.decoded);
}

std::uint64_t GpuDecoder::allocations() const {
  std::uint64_t sum = hybrid_->allocations();
  if (engine_) sum += engine_->allocations();
  if (cores_) sum += cores_->allocations();
  return sum;
}

}  // namespace muster::cuda
