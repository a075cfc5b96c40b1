#include "harness/record/warnings.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace muster {
namespace {

std::string throttling(RankRecord const& record) {
  std::set<std::string> reasons(record.before.throttle_reasons.begin(), record.before.throttle_reasons.end());
  reasons.insert(record.after.throttle_reasons.begin(), record.after.throttle_reasons.end());
  std::string text;
  for (auto const& reason : reasons) text += (text.empty() ? "throttled: " : ", ") + reason;
  return text;
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
      for (auto const& text : {throttling(at.record), sharing(at.record), memory_errors(at.record)}) {
        observations.add(text, at.record.rank, at.node);
      }
    }
  }
  for (auto const& text : observations.texts()) warnings.push_back(text);
  return warnings;
}

}  // namespace muster
