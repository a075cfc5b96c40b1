#include "harness/measure/pilot.hpp"

#include <algorithm>
#include <cmath>

namespace muster {
namespace {

// An operation that takes no measurable time (all ranks sit out, or it is empty) must not make the pilot
// endless.
constexpr std::uint64_t max_ops_per_sample = std::uint64_t{1} << 20;

}  // namespace

SamplePlan plan_samples(double op_seconds, Budget const& budget) {
  SamplePlan plan;
  plan.op_seconds = op_seconds;
  constexpr double just_below = 1 - 1e-12;  // 2 ms of 1 us operations are 2000, not 2001 by rounding
  double const wanted_ops = op_seconds > 0 ? std::ceil(budget.min_sample_seconds / op_seconds * just_below)
                                           : static_cast<double>(max_ops_per_sample);
  plan.ops_per_sample =
      static_cast<std::uint64_t>(std::clamp(wanted_ops, 1.0, static_cast<double>(max_ops_per_sample)));
  double const sample_seconds = std::max(op_seconds * static_cast<double>(plan.ops_per_sample), 1e-9);
  double const wanted_samples = std::floor(budget.seconds / sample_seconds / just_below);
  plan.samples = static_cast<std::uint64_t>(std::clamp(
      wanted_samples, static_cast<double>(budget.min_samples), static_cast<double>(budget.max_samples)));
  return plan;
}

SamplePlan pilot(std::function<double(std::uint64_t)> const& time_ops, Group& group, Budget const& budget) {
  group.max(time_ops(1));  // the first call pays for lazy loading and cold caches
  std::uint64_t ops = 1;
  double seconds = group.max(time_ops(ops));
  while (seconds < budget.min_sample_seconds && ops < max_ops_per_sample) {
    double const grow = seconds > 0 ? 1.2 * budget.min_sample_seconds / seconds : 16.0;
    ops = std::min(max_ops_per_sample,
                   static_cast<std::uint64_t>(static_cast<double>(ops) * std::clamp(grow, 2.0, 16.0)));
    seconds = group.max(time_ops(ops));
  }
  return plan_samples(seconds / static_cast<double>(ops), budget);
}

}  // namespace muster
