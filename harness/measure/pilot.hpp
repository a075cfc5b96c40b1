// How long one operation takes, as the whole group sees it: decides how samples are cut, before any is taken.
#pragma once
#include <cstdint>
#include <functional>

#include "kernels/contract/group.hpp"

namespace muster {

/// What sampling may cost and must yield.
struct Budget {
  double seconds = 1;              ///< for all samples together, at most
  std::uint64_t min_samples = 10;  ///< taken even where that exceeds `seconds`
  std::uint64_t max_samples = 2000;
  double min_sample_seconds =
      2e-3;                 ///< shorter operations are timed several at a time: a CUDA event resolves 0.5 us
  double soak_seconds = 0;  ///< regime sustained: how long the device may take to come to rest under load
  double width = 0.005;     ///< relative width of the median's interval at which sampling ends early
};

/// How samples are cut; the same on every rank.
struct SamplePlan {
  std::uint64_t samples = 1;  ///< that fit into the budget
  std::uint64_t ops_per_sample = 1;
  double op_seconds = 0;  ///< of one operation, on the slowest rank
};

/// Runs `time_ops(n)` (seconds for n operations) with growing n until the group's slowest rank needs
/// `min_sample_seconds`, and plans from that. Every decision is made on the group's maximum: ranks that
/// decided alone would call a collective different numbers of times and hang. A rank that has nothing to time
/// takes part with a function that returns 0.
SamplePlan pilot(std::function<double(std::uint64_t)> const& time_ops, Group& group, Budget const& budget);

/// The plan for operations of `op_seconds` each.
SamplePlan plan_samples(double op_seconds, Budget const& budget);

}  // namespace muster
