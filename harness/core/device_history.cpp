#include "harness/core/device_history.hpp"

#include <algorithm>
#include <string_view>

namespace muster {
namespace {

/// Reasons that a machine in order has too: its power limit, and clocks that somebody set.
bool is_fault(std::string_view reason) {
  constexpr std::string_view usual[] = {
      "power",       "sw_power_cap",          "sync_boost", "application_clocks_setting",
      "reliability", "display_clock_setting", "board_limit"};
  return std::ranges::find(usual, reason) == std::end(usual);
}

DeviceHistory of_state(DeviceState const& state) {
  DeviceHistory history;
  history.remap_pending = state.remap_pending.value_or(false);
  history.remap_failed = state.remap_failed.value_or(false);
  history.remapped_uncorrected = state.remapped_uncorrected.value_or(0);
  history.other_processes = state.other_processes.value_or(0);
  history.pcie_width = state.pcie_width;
  history.pcie_max_width = state.pcie_max_width;
  history.nvlinks_active = state.nvlinks_active;
  history.nvlinks_present = state.nvlinks_present;
  return history;
}

void add_telemetry(DeviceHistory& history, Telemetry const& telemetry) {
  history.corrected += telemetry.corrected_errors.value_or(0);
  history.uncorrected += telemetry.uncorrected_errors.value_or(0);
  history.pcie_replays += telemetry.pcie_replays.value_or(0);
  history.nvlink_errors += telemetry.nvlink_errors.value_or(0);
  for (auto const& [reason, seconds] : telemetry.throttled_seconds) {
    if (is_fault(reason) && seconds > 0) history.throttled_seconds[reason] += seconds;
  }
}

/// Keeps the lower count, with what it is out of.
void keep_fewest(std::optional<int>& count, std::optional<int>& of, std::optional<int> other,
                 std::optional<int> other_of) {
  if (!other || (count && *count <= *other)) return;
  count = other;
  of = other_of;
}

}  // namespace

bool is_transfer(std::string_view workload) { return workload == "memory/transfer"; }

void add_history(DeviceHistory& history, DeviceHistory const& later) {
  history.seconds += later.seconds;
  history.corrected += later.corrected;
  history.uncorrected += later.uncorrected;
  history.pcie_replays += later.pcie_replays;
  history.nvlink_errors += later.nvlink_errors;
  for (auto const& [reason, seconds] : later.throttled_seconds) history.throttled_seconds[reason] += seconds;
  history.remapped_uncorrected = std::max(history.remapped_uncorrected, later.remapped_uncorrected);
  history.remap_pending = history.remap_pending || later.remap_pending;
  history.remap_failed = history.remap_failed || later.remap_failed;
  keep_fewest(history.pcie_width, history.pcie_max_width, later.pcie_width, later.pcie_max_width);
  keep_fewest(history.nvlinks_active, history.nvlinks_present, later.nvlinks_active, later.nvlinks_present);
  history.transfer_generation = std::max(history.transfer_generation, later.transfer_generation);
  history.other_processes = std::max(history.other_processes, later.other_processes);
}

void add_rank(DeviceHistory& history, RankFigures const& rank, bool transfers) {
  history.seconds += rank.sampling.window_seconds;
  add_history(history, of_state(rank.before));
  add_history(history, of_state(rank.after));
  if (rank.telemetry) add_telemetry(history, *rank.telemetry);
  if (transfers)
    history.transfer_generation = std::max(history.transfer_generation, rank.after.pcie_generation);
}

DeviceHistories device_histories(Document const& document) {
  DeviceHistories histories;
  for (auto const& result : document.cases) {
    if (result.backend != "cuda") continue;
    for (auto const& rank : result.rank_figures)
      add_rank(histories[{rank.node, rank.device}], rank, is_transfer(result.workload));
  }
  return histories;
}

}  // namespace muster
