#include "harness/record/collective_figures.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "harness/core/statistics.hpp"

namespace muster {
namespace {

/// 0 where there is no such figure.
double value_of(CaseResult const& result, std::string_view name) {
  auto const found = std::ranges::find(result.figures, name, &Figure::name);
  return found == result.figures.end() ? 0 : found->value;
}

}  // namespace

void add_collective_figures(CaseResult& result) {
  bool const collective = result.metric.quantity == Quantity::wire_bytes;
  if (!collective || result.launches.empty()) return;
  std::vector<double> times, tails;
  for (auto const& launch : result.launches) {
    times.push_back(launch.seconds_per_op);
    if (launch.seconds_p99) tails.push_back(*launch.seconds_p99);
  }
  double const time = median(times);
  if (time <= 0) return;
  result.figures.push_back({"time", time, "s"});
  if (!tails.empty()) result.figures.push_back({"time_p99", median(tails), "s"});
  result.figures.push_back({"algorithm_bandwidth", static_cast<double>(result.work.bytes) / time, "B/s"});
  double const sent = value_of(result, "node_sent_bytes"), link = value_of(result, "link_bytes");
  if (sent > 0 || link > 0)
    result.figures.push_back({"wire_bandwidth", (sent > 0 ? sent : link) / time, "B/s"});
}

}  // namespace muster
