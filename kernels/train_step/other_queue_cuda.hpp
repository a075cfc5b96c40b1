// A GPU as it is for whoever works beside the training step: with a queue of its own.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "kernels/contract/device.hpp"
#include "kernels/cuda/stream.hpp"

namespace muster::train::cuda {

/// All but the queue is the device's, which outlives this. Nothing can be recorded, and evicting caches would
/// be felt by the step: neither is offered.
class OtherQueue final : public Device {
 public:
  explicit OtherQueue(Device& device) : device_(device) {}

  DeviceInfo const& info() const override { return device_.info(); }
  void* queue() override { return stream_.get(); }
  void wait() override { muster::cuda::wait(stream_.get()); }
  std::unique_ptr<Stopwatch> stopwatch() override;
  Team& team() override { return device_.team(); }
  DeviceState state() override { return device_.state(); }
  DeviceState pulse() override { return device_.pulse(); }
  std::uint64_t free_memory() override { return device_.free_memory(); }
  std::uint64_t cache_bytes() override { return device_.cache_bytes(); }
  void evict_caches() override;
  std::unique_ptr<Recording> record(std::function<void()> const&) override { return nullptr; }
  std::optional<Bound> peak_flops(std::string_view type) override { return device_.peak_flops(type); }
  std::optional<Bound> memory_bandwidth() override { return device_.memory_bandwidth(); }
  std::optional<Bound> link_bandwidth() override { return device_.link_bandwidth(); }
  std::optional<Bound> host_link_bandwidth() override { return device_.host_link_bandwidth(); }

 private:
  Device& device_;
  /// What makes the next batch comes first: it is short, and the step would wait for it.
  muster::cuda::Stream stream_{muster::cuda::Stream::Priority::high};
};

}  // namespace muster::train::cuda
