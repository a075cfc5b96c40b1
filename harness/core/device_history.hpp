// One GPU's states and counters through the cases of a run.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/document.hpp"

namespace muster {

/// Sums over cases and launches where the device counts, else the worst state.
struct DeviceHistory {
  double seconds = 0;  ///< of sampling
  std::uint64_t corrected = 0, uncorrected = 0, pcie_replays = 0, nvlink_errors = 0;
  std::map<std::string, double> throttled_seconds{};  ///< by reason, of those that are no mere setting
  std::uint64_t remapped_uncorrected = 0;
  bool remap_pending = false, remap_failed = false;
  std::optional<int> pcie_width{}, pcie_max_width{};  ///< of the narrowest state
  std::optional<int> transfer_generation{};           ///< the highest seen right after copies over PCIe
  std::optional<int> nvlinks_active{}, nvlinks_present{};
  int other_processes = 0;  ///< the most seen

  bool operator==(DeviceHistory const&) const = default;
};

/// By node and device.
using DeviceHistories = std::map<std::pair<std::string, int>, DeviceHistory>;

/// Does this workload's link to the host run at full speed right before the state after it is read?
bool is_transfer(std::string_view workload);

/// `transfers`: the case is one of those.
void add_rank(DeviceHistory& history, RankFigures const& rank, bool transfers);

/// What `later` holds as well.
void add_history(DeviceHistory& history, DeviceHistory const& later);

/// Of the GPUs that the document has ranks' entries of.
DeviceHistories device_histories(Document const& document);

}  // namespace muster
