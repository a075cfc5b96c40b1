// One GPU's states and counters through all cases of a run.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/document.hpp"

namespace muster {

/// Sums over cases and launches where the device counts, else the last state.
struct DeviceHistory {
  double seconds = 0;  ///< of sampling
  std::uint64_t corrected = 0, uncorrected = 0, pcie_replays = 0, nvlink_errors = 0;
  std::map<std::string, double> throttled_seconds;  ///< by reason, of those that are no mere setting
  std::uint64_t remapped_uncorrected = 0;
  bool remap_pending = false, remap_failed = false;
  std::optional<int> pcie_width{}, pcie_max_width{};  ///< of the narrowest state
  std::optional<int> transfer_generation{};           ///< the highest seen right after copies over PCIe
  std::optional<int> nvlinks_active{}, nvlinks_present{};
  int other_processes = 0;  ///< the most seen
};

/// By node and device.
std::map<std::pair<std::string, int>, DeviceHistory> device_histories(Document const& document);

}  // namespace muster
