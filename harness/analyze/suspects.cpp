#include "harness/analyze/suspects.hpp"

#include <algorithm>
#include <vector>

#include "harness/analyze/compare.hpp"
#include "harness/analyze/launches_needed.hpp"
#include "harness/analyze/verdict.hpp"
#include "harness/core/statistics.hpp"

namespace muster {
namespace {

constexpr double confirming_power = 0.95;
constexpr int fewest_fresh = 5, most_fresh = 50;

bool is_suspect(CaseComparison one, double alpha) {
  if (!one.gated || !one.q) return false;
  decide(one, alpha / 2, alpha);
  return one.verdict == CaseVerdict::suspect;
}

/// The change that fresh launches must tell from chance: one as large as the margin; of a far larger one what
/// lies between the margin and the end of its interval that is nearer to no change. Suspects look larger than
/// they are, since that is what made them suspects: the middle would promise too much.
double change_to_confirm(CaseComparison const& one) {
  constexpr double least = 0.001;
  auto const& interval = *one.ratio_interval;  // a suspect has one, and 1 is not in it
  double const nearest = interval.low > 1 ? interval.low - 1 : 1 - interval.high;
  return std::max({one.margin, nearest - one.margin, least});
}

/// A case is a suspect for having looked far apart, its launches close together: the family's usual deviation
/// counts where it is the larger one.
int fresh_launches(CaseComparison const& one, double usual_deviation, double level) {
  double const own = launch_deviation({one.base.launches, one.candidate.launches});
  int const needed =
      launches_needed(std::max(own, usual_deviation), change_to_confirm(one), level, confirming_power);
  return std::clamp(needed, fewest_fresh, most_fresh);
}

double usual_deviation(Comparison const& result) {
  std::vector<double> deviations;
  for (auto const& one : result.cases) {
    if (one.q) deviations.push_back(launch_deviation({one.base.launches, one.candidate.launches}));
  }
  return deviations.empty() ? 0 : median(deviations);
}

}  // namespace

void name_fresh_launches(Comparison& result) {
  auto const count =
      std::ranges::count_if(result.cases, [&](auto const& one) { return is_suspect(one, result.alpha); });
  double const deviation = usual_deviation(result);
  for (auto& one : result.cases) {
    if (is_suspect(one, result.alpha))
      one.fresh_launches = fresh_launches(one, deviation, result.alpha / 2 / static_cast<double>(count));
  }
}

Suspects suspects(Comparison const& first) {
  Suspects result;
  for (auto const& one : first.cases) {
    if (!one.fresh_launches) continue;
    result.names.push_back(one.name);
    result.launches = std::max(result.launches, *one.fresh_launches);
  }
  return result;
}

}  // namespace muster
