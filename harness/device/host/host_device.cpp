#include "harness/device/host/host_device.hpp"

#include <fmt/format.h>

#include <chrono>

#include "harness/device/host/cpu_facts.hpp"
#include "harness/device/host/free_memory.hpp"
#include "harness/device/host/measured_peaks.hpp"
#include "kernels/contract/error.hpp"

namespace muster {

namespace {

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

std::string list_of(std::vector<int> const& cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    bool const inside =
        i > 0 && i + 1 < cpus.size() && cpus[i - 1] + 1 == cpus[i] && cpus[i] + 1 == cpus[i + 1];
    if (inside) continue;
    bool const ends_range = i > 1 && cpus[i - 1] + 1 == cpus[i] && cpus[i - 2] + 2 == cpus[i];
    text += text.empty() ? "" : ends_range ? "-" : ",";
    text += std::to_string(cpus[i]);
  }
  return text;
}

}  // namespace

DeviceInfo host_info(std::vector<int> const& cpus) {
  DeviceInfo info;
  info.backend = "host";
  info.name = cpu_model();
  info.memory_bytes = total_host_memory();
  info.units = static_cast<int>(cpus.size());
  info.facts = {{"cpus", list_of(cpus)}};
  if (auto const governor = cpu_governor(cpus.front()); !governor.empty())
    info.facts.emplace_back("governor", governor);
  return info;
}

HostDevice::HostDevice(OpenOptions const& options)
    : cpus_(chosen_cpus(options)), info_(host_info(cpus_)), confined_(cpus_), team_(cpus_) {}

std::unique_ptr<Stopwatch> HostDevice::stopwatch() { return std::make_unique<SteadyStopwatch>(); }

DeviceState HostDevice::state() {
  DeviceState state;
  state.clock_hz = cpu_clock_hz(cpus_);
  return state;
}

std::uint64_t HostDevice::free_memory() { return free_host_memory(); }

std::optional<Bound> HostDevice::peak_flops(std::string_view type) {
  auto const found = bounds_.find(type);
  if (found != bounds_.end()) return found->second;
  auto const peak = measured_fma_peak(type, team_);
  auto const bound = peak ? std::optional(Bound{"measured_fma_peak", *peak, "FLOP/s"}) : std::nullopt;
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
