// The CPUs of one rank as a Device: launches are synchronous, the team's threads do the work.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/device/host/host_team.hpp"
#include "kernels/contract/backend.hpp"
#include "kernels/host/buffer.hpp"

namespace muster {

/// The host's DeviceInfo when `cpus` may be used.
DeviceInfo host_info(std::vector<int> const& cpus);

/// While it lives, the thread that made it may run on the rank's CPUs only, and so may threads that it
/// starts. The team has one thread a core: a second hardware thread adds nothing to a core's multiply-adds.
class HostDevice final : public Device {
 public:
  /// Throws DeviceError when options.device is not 0, or a CPU may not be used.
  explicit HostDevice(OpenOptions const& options);

  DeviceInfo const& info() const override { return info_; }
  void* queue() override { return nullptr; }
  void wait() override {}
  std::unique_ptr<Stopwatch> stopwatch() override;
  Team& team() override { return team_; }
  DeviceState state() override { return pulse(); }
  DeviceState pulse() override;
  std::uint64_t free_memory() override;
  std::uint64_t cache_bytes() override;
  void evict_caches() override;
  std::unique_ptr<Recording> record(std::function<void()> const&) override { return nullptr; }
  std::optional<Bound> peak_flops(std::string_view type) override;
  std::optional<Bound> memory_bandwidth() override;
  std::optional<Bound> link_bandwidth() override;

 private:
  void make_eviction();

  std::vector<int> cpus_;
  DeviceInfo info_;
  OnCpus confined_;
  HostTeam team_;
  std::optional<host::Buffer> eviction_;
  std::map<std::string, std::optional<Bound>, std::less<>> bounds_{};  ///< measured once each
};

}  // namespace muster
