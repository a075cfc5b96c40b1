// The CPUs of one rank as a Device: launches are synchronous, the team's threads do the work.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/device/host/host_team.hpp"
#include "kernels/contract/backend.hpp"

namespace muster {

/// The host's DeviceInfo when `cpus` are used.
DeviceInfo host_info(std::vector<int> const& cpus);

/// While it lives, the thread that made it may run on the rank's CPUs only, and so may threads that it
/// starts.
class HostDevice final : public Device {
 public:
  /// Throws DeviceError when options.device is not 0, or a CPU may not be used.
  explicit HostDevice(OpenOptions const& options);

  DeviceInfo const& info() const override { return info_; }
  void* queue() override { return nullptr; }
  void wait() override {}
  std::unique_ptr<Stopwatch> stopwatch() override;
  Team& team() override { return team_; }
  DeviceState state() override;
  std::uint64_t free_memory() override;
  std::optional<Bound> peak_flops(std::string_view type) override;
  std::optional<Bound> memory_bandwidth() override;
  std::optional<Bound> link_bandwidth() override;

 private:
  std::vector<int> cpus_;
  DeviceInfo info_;
  OnCpus confined_;
  HostTeam team_;
  std::map<std::string, std::optional<Bound>, std::less<>> bounds_{};  ///< measured once each
};

}  // namespace muster
