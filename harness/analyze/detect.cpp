#include "harness/analyze/detect.hpp"

#include <algorithm>
#include <span>

#include "harness/analyze/launches_needed.hpp"
#include "harness/analyze/sides.hpp"

namespace muster {
namespace {

/// Why a side has no figures to go by; "" where it has.
std::string objection(SideCase const& found) {
  if (!found.fault.empty()) return found.fault;
  if (!found.tainted.empty()) return found.tainted.front();
  if (!found.mixed.empty()) return found.mixed;
  return found.launches.size() < 2 ? "one launch says nothing of how they vary" : "";
}

CaseDetection detection(std::string const& name, double change, std::vector<SideCases> const& sides) {
  CaseDetection result;
  result.name = name;
  std::vector<std::span<double const>> groups;
  for (auto const& side : sides) {
    auto const found = side.by_name.find(name);
    result.why = found == side.by_name.end() ? "one side does not have it" : objection(found->second);
    if (!result.why.empty()) return result;
    groups.emplace_back(found->second.launches);
    result.launches += static_cast<int>(found->second.launches.size());
  }
  result.deviation = launch_deviation(groups);
  result.freedom = result.launches - static_cast<int>(groups.size());
  result.needed = launches_needed_by_estimate(result.deviation, result.freedom, change);
  return result;
}

}  // namespace

std::vector<CaseDetection> launches_for(double change, std::vector<Side> const& sides) {
  std::vector<SideCases> cases;
  for (auto const& side : sides) cases.push_back(cases_of(side));
  std::vector<CaseDetection> list;
  for (auto const& name : cases.front().order) list.push_back(detection(name, change, cases));
  return list;
}

int most_needed(std::vector<CaseDetection> const& cases) {
  int most = 0;
  for (auto const& one : cases) most = std::max(most, one.needed);
  return most;
}

double smallest_change(CaseDetection const& found, int launches) {
  auto const too_few = [&](double change) {
    return launches_needed_by_estimate(found.deviation, found.freedom, change) > launches;
  };
  double low = 0, high = 100;  // a hundredfold
  if (found.deviation <= 0 || too_few(high)) return found.deviation <= 0 ? 0 : high;
  for (int i = 0; i < 40; ++i) {
    double const middle = (low + high) / 2;
    (too_few(middle) ? low : high) = middle;
  }
  return high;
}

}  // namespace muster
