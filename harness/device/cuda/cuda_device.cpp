#include "harness/device/cuda/cuda_device.hpp"

#include <cuda_runtime_api.h>

#include "harness/device/cuda/limits.hpp"
#include "harness/device/host/host_team.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/cuda/graph.hpp"
#include "kernels/cuda/occupy.hpp"

namespace muster {
namespace {

class EventStopwatch final : public Stopwatch {
 public:
  EventStopwatch(cudaStream_t stream, std::function<void(double)> const& look)
      : stream_(stream), look_(look), start_(cuda::Event::Timing::on), stop_(cuda::Event::Timing::on) {}
  void start() override { start_.record(stream_); }
  void stop() override { stop_.record(stream_); }
  double seconds() override { return cuda::seconds_between(start_, stop_, look_); }

 private:
  cudaStream_t stream_;
  std::function<void(double)> const& look_;
  cuda::Event start_, stop_;
};

class GraphRecording final : public Recording {
 public:
  GraphRecording(cudaStream_t stream, std::function<void()> const& enqueue) : graph_(stream, enqueue) {}
  void launch() override { graph_.launch(); }

 private:
  cuda::Graph graph_;
};

/// CUDA keeps the current device per thread, so it comes before anything that belongs to one.
Gpu use_gpu(int index) {
  cuda::check(cudaSetDevice(index), "cudaSetDevice");
  return describe_gpu(index);
}

std::vector<int> cpus_of(OpenOptions const& options) {
  return options.cpus.empty() ? current_cpus() : options.cpus;
}

}  // namespace

CudaDevice::CudaDevice(OpenOptions const& options)
    : confined_(cpus_of(options)),
      gpu_(use_gpu(options.device)),
      team_(std::make_unique<HostTeam>(cpus_of(options))) {
  int const index = options.device;
  team_->run([index](int) { cuda::check(cudaSetDevice(index), "cudaSetDevice"); });
}

std::unique_ptr<Stopwatch> CudaDevice::stopwatch() {
  return std::make_unique<EventStopwatch>(stream_.get(), look_);
}

DeviceState CudaDevice::state() { return gpu_.telemetry ? gpu_.telemetry->state() : DeviceState{}; }

DeviceState CudaDevice::pulse() { return gpu_.telemetry ? gpu_.telemetry->pulse() : DeviceState{}; }

// Twice the cache: on parts whose L2 has two halves a line may lie in both. A part that does not say how
// large its cache is gets more than any has had so far.
void CudaDevice::evict_caches() {
  constexpr std::size_t unknown = std::size_t{256} << 20;
  if (!eviction_) {
    eviction_.emplace(gpu_.cache_bytes > 0 ? 2 * gpu_.cache_bytes : unknown, gpu_.info.units, stream_.get());
  }
  eviction_->enqueue();
}

// A graph of 256 kernels takes some 10 to 50 us from its launch to its first kernel.
void CudaDevice::occupy() {
  constexpr double seconds = 100e-6;
  cuda::occupy(seconds, gpu_.clock_hz, stream_.get());
}

std::unique_ptr<Recording> CudaDevice::record(std::function<void()> const& enqueue) {
  return std::make_unique<GraphRecording>(stream_.get(), enqueue);
}

std::uint64_t CudaDevice::free_memory() {
  std::size_t free = 0, total = 0;
  cuda::check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
  return free;
}

std::optional<Bound> CudaDevice::peak_flops(std::string_view type) {
  return peak_flops_of(gpu_.major, gpu_.minor, gpu_.info.units, gpu_.clock_hz, type);
}

std::optional<Bound> CudaDevice::memory_bandwidth() {
  return memory_bandwidth_of(gpu_.memory_clock_hz, gpu_.memory_bus_bits);
}

std::optional<Bound> CudaDevice::link_bandwidth() {
  return gpu_.telemetry ? link_bandwidth_of(gpu_.telemetry->links()) : std::nullopt;
}

std::optional<Bound> CudaDevice::host_link_bandwidth() {
  return gpu_.telemetry ? host_link_bandwidth_of(gpu_.telemetry->links()) : std::nullopt;
}

}  // namespace muster
