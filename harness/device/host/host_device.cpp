#include "harness/device/host/host_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "harness/device/cpu_topology.hpp"
#include "harness/device/host/cpu_facts.hpp"
#include "harness/device/host/free_memory.hpp"
#include "harness/device/host/measured_peaks.hpp"
#include "harness/device/host/vector_loops.hpp"
#include "kernels/contract/error.hpp"
#include "kernels/contract/share.hpp"
#include "kernels/host/id_list.hpp"

namespace muster {

namespace {

constexpr std::uint64_t page = 4096;  ///< bytes; where it is larger, threads share some

/// On CLOCK_MONOTONIC, which no clock adjustment sets back.
class SteadyStopwatch final : public Stopwatch {
 public:
  void start() override { start_ = Clock::now(); }
  void stop() override { stop_ = Clock::now(); }
  double seconds() override { return std::chrono::duration<double>(stop_ - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_, stop_;
};

std::vector<int> chosen_cpus(OpenOptions const& options) {
  if (options.device != 0) {
    throw DeviceError(fmt::format("there is no host device {} (a machine's CPUs are one device) use device 0",
                                  options.device));
  }
  return options.cpus.empty() ? current_cpus() : options.cpus;
}

/// NUMA nodes of the CPUs, ascending; empty where they are not known.
std::vector<int> nodes_of(std::vector<int> const& cpus) {
  std::vector<int> nodes;
  for (auto const& place : cpu_places(cpus)) {
    if (place.node >= 0 && (nodes.empty() || nodes.back() != place.node)) nodes.push_back(place.node);
  }
  return nodes;
}

std::string smt_text(std::vector<int> const& cpus, std::vector<int> const& cores) {
  if (cpus.size() == cores.size()) return "one hardware thread of each core";
  return fmt::format("{} hardware threads of {} cores, one of each used", cpus.size(), cores.size());
}

}  // namespace

DeviceInfo host_info(std::vector<int> const& cpus) {
  DeviceInfo info;
  info.backend = "host";
  info.name = cpu_model();
  info.memory_bytes = total_host_memory();
  auto const cores = one_per_core(cpus);
  info.units = static_cast<int>(cores.size());
  info.facts = {{"cpus", id_list_text(cpus)}, {"threads_on", id_list_text(cores)}, {"smt", smt_text(cpus, cores)}};
  if (auto const nodes = nodes_of(cpus); !nodes.empty())
    info.facts.emplace_back("numa_nodes", id_list_text(nodes));
  if (int const bits = vector_bits(); bits > 0) info.facts.emplace_back("vector_bits", std::to_string(bits));
  if (auto const names = vector_instructions(); !names.empty())
    info.facts.emplace_back("vector_instructions", names);
  if (auto const governor = cpu_governor(cpus.front()); !governor.empty())
    info.facts.emplace_back("governor", governor);
  return info;
}

HostDevice::HostDevice(OpenOptions const& options)
    : cpus_(chosen_cpus(options)), info_(host_info(cpus_)), confined_(cpus_), team_(one_per_core(cpus_)) {}

std::unique_ptr<Stopwatch> HostDevice::stopwatch() { return std::make_unique<SteadyStopwatch>(); }

DeviceState HostDevice::pulse() {
  DeviceState state;
  state.clock_hz = cpu_clock_hz(cpus_);
  return state;
}

std::uint64_t HostDevice::free_memory() { return free_host_memory(); }

std::uint64_t HostDevice::cache_bytes() { return last_level_cache_bytes(); }

// Twice the last caches (or 64 MiB where their size is not known), a byte of every line read by one of the
// threads: the lines of their cores' own caches go on the way. Read and not written, since a launch would pay
// for writing changed lines back.
void HostDevice::evict_caches() {
  if (!eviction_) make_eviction();
  team_.run([this](int index) {
    constexpr std::uint64_t line = 64;
    auto const [begin, end] = share_of(eviction_->bytes(), index, team_.size(), page);
    auto const volatile* const bytes = eviction_->as<unsigned char>();
    for (auto i = begin; i < end; i += line) (void)bytes[i];
  });
}

// Written once: pages that nobody has written are all one and the same to a reader.
void HostDevice::make_eviction() {
  auto const bytes = 2 * std::max<std::uint64_t>(cache_bytes(), 32 << 20);
  if (bytes > free_memory()) {
    throw OutOfMemory(
        fmt::format("evicting the caches takes {} MiB (only {} MiB are free) use another regime", bytes >> 20,
                    free_memory() >> 20));
  }
  eviction_.emplace(bytes);
  team_.run([this](int index) {
    auto const [begin, end] = share_of(eviction_->bytes(), index, team_.size(), page);
    std::memset(eviction_->data() + begin, 1, end - begin);
  });
}

std::optional<Bound> HostDevice::peak_flops(std::string_view type) {
  auto const found = bounds_.find(type);
  if (found != bounds_.end()) return found->second;
  auto const peak = measured_fma_peak(type, team_);
  auto const bound =
      peak ? std::optional(Bound{"measured_fma_peak", peak->flops, "FLOP/s", peak->clock_hz}) : std::nullopt;
  return bounds_.emplace(type, bound).first->second;
}

std::optional<Bound> HostDevice::memory_bandwidth() {
  auto& bound = bounds_["memory"];
  if (!bound)
    bound = Bound{"measured_memory_bandwidth", measured_memory_bandwidth(team_, free_memory()), "B/s"};
  return bound;
}

std::optional<Bound> HostDevice::link_bandwidth() {
  auto& bound = bounds_["link"];
  if (!bound) bound = Bound{"measured_copy_bandwidth", measured_copy_bandwidth(), "B/s"};
  return bound;
}

}  // namespace muster
