#include "harness/record/warnings.hpp"

#include "harness/record/health.hpp"
#include "harness/record/telemetry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace muster {
namespace {

/// Reasons seen at any moment; how long each held is in the rank's telemetry.
std::string throttling(RankRecord const& record) {
  std::set<std::string> reasons;
  auto const add = [&](DeviceState const& state) {
    reasons.insert(state.throttle_reasons.begin(), state.throttle_reasons.end());
  };
  add(record.before);
  add(record.after);
  for (auto const& reading : record.conditions.readings) add(reading.state);
  std::string lost, set;
  for (auto const& reason : reasons) {
    auto& text = is_throttling(reason) ? lost : set;
    text += (text.empty() ? "" : ", ") + reason;
  }
  if (lost.empty()) return set.empty() ? "" : "clock limited by settings: " + set;
  return "throttled: " + lost + (set.empty() ? "" : "; clock limited by settings: " + set);
}

std::string sharing(RankRecord const& record) {
  int const others =
      std::max(record.before.other_processes.value_or(0), record.after.other_processes.value_or(0));
  return others > 0 ? "other processes used the device" : "";
}

std::string memory_errors(RankRecord const& record) {
  auto const before = record.before.uncorrected_errors, after = record.after.uncorrected_errors;
  return before && after && *after > *before ? "uncorrected memory errors rose during the case" : "";
}

template <class Counter>
bool rose(std::optional<Counter> const& before, std::optional<Counter> const& after) {
  return before && after && *after > *before;
}

std::string corrected_errors(RankRecord const& record) {
  return rose(record.before.corrected_errors, record.after.corrected_errors)
             ? "corrected memory errors rose during the case"
             : "";
}

std::string links(RankRecord const& record) {
  auto const& after = record.after;
  if (after.pcie_width && after.pcie_max_width && *after.pcie_width < *after.pcie_max_width) {
    return fmt::format("PCIe runs x{} where GPU and slot allow x{} (reseat the card)", *after.pcie_width,
                       *after.pcie_max_width);
  }
  if (after.nvlinks_active && after.nvlinks_present && *after.nvlinks_active < *after.nvlinks_present)
    return fmt::format("{} of {} NVLinks are down", *after.nvlinks_present - *after.nvlinks_active,
                       *after.nvlinks_present);
  if (rose(record.before.nvlink_errors, record.after.nvlink_errors))
    return "NVLink errors rose during the case";
  if (rose(record.before.pcie_replays, record.after.pcie_replays)) return "PCIe replays rose during the case";
  return "";
}

/// A soak that ended in unrest matters where the device itself told of it.
std::string unrest(RankRecord const& record) {
  auto const& soak = record.conditions.soak;
  bool const told = record.after.temperature_c || record.after.clock_hz;
  return soak.steady || soak.unrest.empty() || !told ? ""
                                                     : "sampled before the device was steady: " + soak.unrest;
}

/// Texts in the order first seen, each with the ranks that gave rise to it.
class Observations {
 public:
  void add(std::string const& text, int rank, std::string const& node) {
    if (text.empty()) return;
    auto const [found, fresh] = ranks_.try_emplace(text);
    if (fresh) order_.push_back({text, "rank " + std::to_string(rank) + " on " + node});
    found->second.insert(rank);
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> list;
    for (auto const& [text, first] : order_) {
      auto const count = ranks_.at(text).size();
      list.push_back(text + " (" + first + (count > 1 ? " and " + std::to_string(count - 1) + " more" : "") +
                     ")");
    }
    return list;
  }

 private:
  std::map<std::string, std::set<int>> ranks_;
  std::vector<std::pair<std::string, std::string>> order_;
};

void add_once(std::vector<std::string>& list, std::string const& text) {
  if (std::ranges::find(list, text) == list.end()) list.push_back(text);
}

}  // namespace

std::vector<std::string> case_warnings(CaseEvents const& launches) {
  std::vector<std::string> warnings;
  Observations observations;
  for (auto const& [launch, events] : launches) {
    for (auto const& [index, at] : events.ranks) {
      for (auto const& text : at.record.warnings) add_once(warnings, text);
      for (auto const& text :
           {throttling(at.record), sharing(at.record), memory_errors(at.record), corrected_errors(at.record),
            remap_fault(at.record.after), links(at.record), unrest(at.record)}) {
        observations.add(text, at.record.rank, at.node);
      }
    }
  }
  for (auto const& text : observations.texts()) warnings.push_back(text);
  return warnings;
}

}  // namespace muster
