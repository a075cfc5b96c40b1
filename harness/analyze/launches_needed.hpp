// How many launches a question takes.
#pragma once
#include <span>
#include <vector>

namespace muster {

/// Launches of each side so that a relative change of `change` is told from chance by the Mann-Whitney test
/// at level `alpha` (two-sided) with probability `power`, where launches vary by `deviation` (relative
/// standard deviation). The normal test's number divided by the rank test's efficiency 3/pi (Hodges and
/// Lehmann 1956), and 1 + z^2/4 more for what the normal approximation leaves out; at least as many as can
/// reach `alpha` at all. Against simulations of the exact test never short by more than one launch
/// (tests/unit).
int launches_needed(double deviation, double change, double alpha = 0.05, double power = 0.9);

/// The same where `deviation` is itself an estimate, with `freedom` degrees of freedom: `power` is then what
/// is reached over all that the estimate may have been, the standard normal quantiles' sum giving way to the
/// noncentral t distribution's quantile (`freedom`, noncentrality that of alpha). After five launches of two
/// sides (8) 1.4 times as many, after five of one (4) twice as many.
int launches_needed_by_estimate(double deviation, int freedom, double change, double alpha = 0.05,
                                double power = 0.9);

/// Relative standard deviation of launches from several groups of them, of which each may have a level of its
/// own: of their logarithms, pooled. 0 where no group has two. Values greater than 0.
double launch_deviation(std::vector<std::span<double const>> const& groups);

}  // namespace muster
