// What may be said of one case, from its interval, its margin and what its family leaves standing. The one
// place where the rule is.
#pragma once
#include "harness/core/comparison.hpp"

namespace muster {

/// Launches of a side below which nothing is said of a case: no two-sided test of 3 against 3 reaches 5 %.
inline constexpr int fewest_launches = 4;

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

bool is_shown(CaseVerdict verdict);  ///< regressed, improved, slower, faster, small

}  // namespace muster
