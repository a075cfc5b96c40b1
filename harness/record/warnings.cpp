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

// How remarks that taint begin: a side file's reader tells them apart by it.
constexpr std::string_view throttled_words = "throttled: ", sharing_words = "other processes used the device",
                           uncorrected_words = "uncorrected memory errors rose during the case",
                           corrected_words = "corrected memory errors rose during the case",
                           remap_words = "a row of the device's memory ";
constexpr std::string_view between_remarks = "; ";

/// Reasons seen at any moment; how long each held is in the rank's telemetry.
std::set<std::string> throttle_reasons(RankRecord const& record) {
  std::set<std::string> reasons;
  auto const add = [&](DeviceState const& state) {
    reasons.insert(state.throttle_reasons.begin(), state.throttle_reasons.end());
  };
  add(record.before);
  add(record.after);
  for (auto const& reading : record.conditions.readings) add(reading.state);
  return reasons;
}

DeviceRemark throttling(RankRecord const& record) {
  std::string lost, set;
  auto const reasons = throttle_reasons(record);
  for (auto const& reason : reasons) {
    auto& text = is_throttling(reason) ? lost : set;
    text += (text.empty() ? "" : ", ") + reason;
  }
  if (lost.empty()) return {set.empty() ? "" : "clock limited by settings: " + set};
  return {std::string(throttled_words) + lost + (set.empty() ? "" : "; clock limited by settings: " + set),
          std::ranges::any_of(reasons, taints)};
}

std::string sharing(RankRecord const& record) {
  int const others =
      std::max(record.before.other_processes.value_or(0), record.after.other_processes.value_or(0));
  return others > 0 ? std::string(sharing_words) : "";
}

std::string memory_errors(RankRecord const& record) {
  auto const before = record.before.uncorrected_errors, after = record.after.uncorrected_errors;
  return before && after && *after > *before ? std::string(uncorrected_words) : "";
}

template <class Counter>
bool rose(std::optional<Counter> const& before, std::optional<Counter> const& after) {
  return before && after && *after > *before;
}

std::string corrected_errors(RankRecord const& record) {
  return rose(record.before.corrected_errors, record.after.corrected_errors) ? std::string(corrected_words)
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
  void add(std::string const& text, RankDigest const& digest) {
    auto const [found, fresh] = ranks_.try_emplace(text);
    if (fresh) order_.push_back({text, "rank " + std::to_string(digest.rank) + " on " + *digest.node});
    found->second.emplace(*digest.node, digest.rank);
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
  std::map<std::string, std::set<std::pair<std::string, int>>> ranks_;
  std::vector<std::pair<std::string, std::string>> order_;
};

void add_once(std::vector<std::string>& list, std::string const& text) {
  if (std::ranges::find(list, text) == list.end()) list.push_back(text);
}

template <class F>
void each_remark(Ranks const& ranks, F&& use) {
  for (auto const* digest : ranks) {
    if (digest->remarks) use(*digest, *digest->remarks);
  }
}

}  // namespace

std::vector<DeviceRemark> device_remarks(RankRecord const& record) {
  std::vector<DeviceRemark> remarks{throttling(record),
                                    {sharing(record), true},
                                    {memory_errors(record), true},
                                    {corrected_errors(record), true},
                                    {remap_fault(record.after), true},
                                    {links(record)},
                                    {unrest(record)}};
  std::erase_if(remarks, [](DeviceRemark const& remark) { return remark.text.empty(); });
  return remarks;
}

std::vector<Taint> taints_in(std::string_view text) {
  constexpr std::pair<std::string_view, Taint> beginnings[] = {{throttled_words, Taint::throttled},
                                                               {sharing_words, Taint::other_processes},
                                                               {uncorrected_words, Taint::uncorrected_errors},
                                                               {corrected_words, Taint::corrected_errors},
                                                               {remap_words, Taint::remapping}};
  std::vector<Taint> found;
  while (!text.empty()) {
    auto const one = text.substr(0, text.find(between_remarks));
    for (auto const& [beginning, taint] : beginnings) {
      if (one.starts_with(beginning)) found.push_back(taint);
    }
    text.remove_prefix(std::min(text.size(), one.size() + between_remarks.size()));
  }
  return found;
}

std::vector<std::string> case_warnings(Ranks const& ranks) {
  std::vector<std::string> warnings;
  Observations observations;
  each_remark(ranks, [&](RankDigest const& digest, Remarks const& remarks) {
    for (auto const& text : remarks.own) add_once(warnings, *text);
    for (auto const& text : remarks.observed) observations.add(*text, digest);
  });
  for (auto const& text : observations.texts()) warnings.push_back(text);
  return warnings;
}

std::vector<std::string> case_taints(Ranks const& ranks) {
  Observations observations;
  each_remark(ranks, [&](RankDigest const& digest, Remarks const& remarks) {
    for (auto const& text : remarks.tainted) observations.add(*text, digest);
  });
  return observations.texts();
}

}  // namespace muster
