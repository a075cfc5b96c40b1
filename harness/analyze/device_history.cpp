#include "harness/analyze/device_history.hpp"

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

void add_state(DeviceHistory& history, DeviceState const& state) {
  history.remap_pending = history.remap_pending || state.remap_pending.value_or(false);
  history.remap_failed = history.remap_failed || state.remap_failed.value_or(false);
  history.remapped_uncorrected =
      std::max(history.remapped_uncorrected, state.remapped_uncorrected.value_or(0));
  history.other_processes = std::max(history.other_processes, state.other_processes.value_or(0));
  if (state.pcie_width && (!history.pcie_width || *state.pcie_width < *history.pcie_width)) {
    history.pcie_width = state.pcie_width;
    history.pcie_max_width = state.pcie_max_width;
  }
  if (state.nvlinks_active && (!history.nvlinks_active || *state.nvlinks_active < *history.nvlinks_active)) {
    history.nvlinks_active = state.nvlinks_active;
    history.nvlinks_present = state.nvlinks_present;
  }
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

void add_rank(DeviceHistory& history, RankFigures const& rank, bool transfers) {
  history.seconds += rank.sampling.window_seconds;
  add_state(history, rank.before);
  add_state(history, rank.after);
  if (rank.telemetry) add_telemetry(history, *rank.telemetry);
  if (transfers && rank.after.pcie_generation)
    history.transfer_generation =
        std::max(history.transfer_generation.value_or(0), *rank.after.pcie_generation);
}

}  // namespace

std::map<std::pair<std::string, int>, DeviceHistory> device_histories(Document const& document) {
  std::map<std::pair<std::string, int>, DeviceHistory> histories;
  for (auto const& result : document.cases) {
    if (result.backend != "cuda") continue;
    bool const transfers = result.workload == "memory/transfer";
    for (auto const& rank : result.rank_figures)
      add_rank(histories[{rank.node, rank.device}], rank, transfers);
  }
  return histories;
}

}  // namespace muster
