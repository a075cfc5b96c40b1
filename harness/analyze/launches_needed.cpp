#include "harness/analyze/launches_needed.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "harness/core/normal.hpp"
#include "harness/core/statistics.hpp"

namespace muster {
namespace {

/// The smallest two-sided p of n against n is 2 / C(2n, n).
int fewest_for(double alpha) {
  int n = 1;
  for (double p = 1; p > alpha && n < 1000; ++n) p *= (n + 1) / (2.0 * (2 * n + 1));
  return n;
}

/// `sum`: of the normal quantiles of alpha and power, or what stands for it.
int launches_for_sum(double sum, double deviation, double change, double alpha) {
  double const z = normal_quantile(1 - alpha / 2), relative = deviation / std::log1p(std::abs(change));
  double const launches = std::numbers::pi / 3 * 2 * sum * sum * relative * relative + 1 + z * z / 4;
  return std::max(fewest_for(alpha), static_cast<int>(std::min(std::ceil(launches), 1e9)));
}

/// P(Z + z < sum * S), S the estimate of a standard deviation of 1: the noncentral t distribution's at `sum`.
/// By Simpson's rule over S, whose square times `freedom` is distributed as chi square.
double reached_power(double sum, double z, int freedom) {
  constexpr int steps = 200;
  double const half = 0.5 * freedom, scale = std::log(2) + half * std::log(half) - std::lgamma(half);
  double const width = 8 / std::sqrt(2.0 * freedom);  // eight standard deviations of S
  double const low = std::max(0.0, 1 - width), step = (1 + width - low) / steps;
  auto const at = [&](double s) {
    double const weight = freedom == 1 ? 0 : (freedom - 1) * std::log(s);
    return std::exp(scale + weight - half * s * s) * normal_below(sum * s - z);
  };
  double power = at(low) + at(1 + width);
  for (int i = 1; i < steps; ++i) power += (i % 2 == 1 ? 4 : 2) * at(low + i * step);
  return power * step / 3;
}

}  // namespace

int launches_needed(double deviation, double change, double alpha, double power) {
  return launches_for_sum(normal_quantile(1 - alpha / 2) + normal_quantile(power), deviation, change, alpha);
}

int launches_needed_by_estimate(double deviation, int freedom, double change, double alpha, double power) {
  double const z = normal_quantile(1 - alpha / 2);
  double low = 0, high = 100;
  for (int i = 0; i < 40; ++i) {
    double const middle = 0.5 * (low + high);
    (reached_power(middle, z, freedom) < power ? low : high) = middle;
  }
  return launches_for_sum(high, deviation, change, alpha);
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
