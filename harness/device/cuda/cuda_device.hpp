// One GPU in use: its stream, its clock, its limits.
#pragma once
#include <memory>
#include <optional>

#include "harness/device/cuda/gpu.hpp"
#include "harness/device/host/affinity.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/cuda/eviction.hpp"
#include "kernels/cuda/stream.hpp"

namespace muster {

class CudaDevice final : public Device {
 public:
  /// Makes the GPU the calling thread's own, and that of the team's threads. Throws DeviceError.
  explicit CudaDevice(OpenOptions const& options);
  ~CudaDevice() override { let_go(); }  // while the stream is still there

  DeviceInfo const& info() const override { return gpu_.info; }
  void* queue() override { return stream_.get(); }
  void wait() override { cuda::wait(stream_.get(), look_); }
  void while_waiting(std::function<void(double seconds)> look) override { look_ = std::move(look); }
  std::unique_ptr<Stopwatch> stopwatch() override;
  Team& team() override { return *team_; }
  DeviceState state() override;
  DeviceState pulse() override;
  std::uint64_t free_memory() override;
  std::uint64_t cache_bytes() override { return gpu_.cache_bytes; }
  void evict_caches() override;
  void occupy() override;
  std::unique_ptr<Recording> record(std::function<void()> const& enqueue) override;
  std::optional<Bound> peak_flops(std::string_view type) override;
  std::optional<Bound> memory_bandwidth() override;
  std::optional<Bound> link_bandwidth() override;
  std::optional<Bound> host_link_bandwidth() override;

 private:
  OnCpus confined_;  ///< first: what this thread allocates for the GPU lies near it
  Gpu gpu_;
  cuda::Stream stream_;
  std::function<void(double)> look_{};  ///< stopwatches hold a reference
  std::optional<cuda::Eviction> eviction_;
  std::unique_ptr<Team> team_;
};

}  // namespace muster
