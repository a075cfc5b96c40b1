// What may be said of one case, from its interval, its margin and what its family leaves standing. The one
// place where the rule is.
#pragma once
#include "harness/core/comparison.hpp"

namespace muster {

/// Launches of each side below which nothing is said of a case, because no two-sided rank test of so few
/// reaches alpha: 4 for 5 % (3 against 3 reach 10 %), 7 for 0.1 %. `alpha` above 0.
int fewest_launches(double alpha);

/// Decides a case that has figures on both sides, a ratio, its interval, p and q. A change is shown if q is
/// at most `level` and the interval leaves 1 out.
///
///     interval            shown                    not shown
///     beyond the margin   regressed, improved      suspect
///     across the margin   slower, faster           suspect if it leaves 1 out, else inconclusive
///     within the margin   small                    equivalent
///
/// `alpha`: of the interval, for the number of launches that would decide.
void decide(CaseComparison& one, double level, double alpha);

/// Does the whole interval lie beyond the margin? A suspect of which that is so looks like a regression.
bool is_beyond_margin(CaseComparison const& one);

bool is_shown(CaseVerdict verdict);  ///< regressed, improved, slower, faster, small

}  // namespace muster
