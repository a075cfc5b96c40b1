#include "harness/analyze/launches_needed.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "harness/analyze/normal.hpp"
#include "harness/core/statistics.hpp"

namespace muster {
namespace {

/// The smallest two-sided p of n against n is 2 / C(2n, n).
int fewest_for(double alpha) {
  int n = 1;
  for (double p = 1; p > alpha && n < 1000; ++n) p *= (n + 1) / (2.0 * (2 * n + 1));
  return n;
}

}  // namespace

int launches_needed(double deviation, double change, double alpha, double power) {
  double const z = normal_quantile(1 - alpha / 2), sum = z + normal_quantile(power);
  double const relative = deviation / std::log1p(std::abs(change));
  double const launches = std::numbers::pi / 3 * 2 * sum * sum * relative * relative + 1 + z * z / 4;
  return std::max(fewest_for(alpha), static_cast<int>(std::min(std::ceil(launches), 1e9)));
}

double launch_deviation(std::vector<std::span<double const>> const& groups) {
  double squares = 0, freedom = 0;
  for (auto const& group : groups) {
    if (group.size() < 2) continue;
    std::vector<double> logs;
    for (double const x : group) logs.push_back(std::log(x));
    double const deviation = standard_deviation(logs), free = static_cast<double>(group.size() - 1);
    squares += free * deviation * deviation;
    freedom += free;
  }
  return freedom > 0 ? std::sqrt(squares / freedom) : 0;
}

}  // namespace muster
