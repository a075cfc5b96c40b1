#include "harness/analyze/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "harness/analyze/launches_needed.hpp"
#include "harness/core/counted.hpp"

namespace muster {
namespace {

enum class Place { beyond, across, within };

Place place_of(Interval const& interval, double margin) {
  if (interval.high < 1 - margin || interval.low > 1 + margin) return Place::beyond;
  return interval.low >= 1 - margin && interval.high <= 1 + margin ? Place::within : Place::across;
}

bool leaves_one_out(Interval const& interval) { return interval.low > 1 || interval.high < 1; }

int launches_of(CaseComparison const& one) {
  return static_cast<int>(std::min(one.base.launches.size(), one.candidate.launches.size()));
}

CaseVerdict shown_verdict(Place place, bool worse) {
  if (place == Place::within) return CaseVerdict::small;
  if (place == Place::beyond) return worse ? CaseVerdict::regressed : CaseVerdict::improved;
  return worse ? CaseVerdict::slower : CaseVerdict::faster;
}

CaseVerdict verdict_of(CaseComparison const& one, double level, double alpha) {
  if (launches_of(one) < fewest_launches(alpha) || !one.ratio_interval) return CaseVerdict::inconclusive;
  Place const place = place_of(*one.ratio_interval, one.margin);
  bool const apart = leaves_one_out(*one.ratio_interval);
  if (apart && *one.q <= level) return shown_verdict(place, one.worse);
  if (place == Place::within) return CaseVerdict::equivalent;
  return apart ? CaseVerdict::suspect : CaseVerdict::inconclusive;
}

/// Until a change as large as what has to be told apart is told from chance; absent where that is no number
/// of launches that anybody would run.
std::optional<int> more_launches(CaseComparison const& one, double difference, double alpha) {
  constexpr int most = 200;
  double const deviation = launch_deviation({one.base.launches, one.candidate.launches});
  int const usual = 5, needed = std::max(usual, launches_needed(deviation, difference, alpha));
  if (difference <= 0 || needed > most) return std::nullopt;
  return std::max(1, needed - launches_of(one));
}

std::string launches_words(CaseComparison const& one) {
  return one.more_launches
             ? fmt::format("{} of each side", counted(*one.more_launches, "more launch", "more launches"))
             : "more launches than anybody would run, or steadier ones,";
}

double distance(CaseComparison const& one) { return std::abs(*one.ratio - 1); }

std::string size_words(CaseComparison const& one) {
  return fmt::format("{} by {:.2g} %", one.worse ? "worse" : "better", 100 * distance(one));
}

void explain_open_margin(CaseComparison& one, double alpha) {
  one.more_launches = more_launches(one, std::abs(distance(one) - one.margin), alpha);
  one.reason = fmt::format("{}; whether by more than the margin of {:g} %, {} would tell", size_words(one),
                           100 * one.margin, launches_words(one));
}

std::string why_inconclusive(CaseComparison const& one, double alpha) {
  if (launches_of(one) < fewest_launches(alpha))
    return fmt::format("{} (fewer than {} show nothing)", counted(launches_of(one), "launch", "launches"),
                       fewest_launches(alpha));
  if (!one.ratio_interval)
    return fmt::format("{} (too few for an interval at this alpha)",
                       counted(launches_of(one), "launch", "launches"));
  return fmt::format("the interval holds both no change and more than the margin of {:g} %",
                     100 * one.margin);
}

void explain_inconclusive(CaseComparison& one, double alpha) {
  double const off = std::abs(distance(one) - one.margin);
  one.more_launches = more_launches(one, std::max(distance(one), off), alpha);
  one.reason = fmt::format("{}; {} would tell", why_inconclusive(one, alpha), launches_words(one));
}

void explain(CaseComparison& one, double alpha) {
  switch (one.verdict) {
    case CaseVerdict::slower:
    case CaseVerdict::faster:
      return explain_open_margin(one, alpha);
    case CaseVerdict::inconclusive:
      return explain_inconclusive(one, alpha);
    case CaseVerdict::suspect:
      one.reason = size_words(one) + ", which may be chance among so many cases; confirm with fresh launches";
      return;
    case CaseVerdict::small:
      one.reason = fmt::format("{}, less than the margin of {:g} %", size_words(one), 100 * one.margin);
      return;
    case CaseVerdict::equivalent:
      one.reason = fmt::format("a change, if any, is below the margin of {:g} %", 100 * one.margin);
      return;
    default:
      one.reason = fmt::format("{}, more than the margin of {:g} %", size_words(one), 100 * one.margin);
  }
}

}  // namespace

/// The smallest p of n against n is 2 in as many as there are choices of n of 2 n.
int fewest_launches(double alpha) {
  constexpr double rounding = 1e-12;
  int n = 1;
  for (double smallest_p = 1; smallest_p > alpha + rounding;) {
    ++n;
    smallest_p *= static_cast<double>(n) / (2 * (2 * n - 1));
  }
  return n;
}

void decide(CaseComparison& one, double level, double alpha) {
  one.verdict = verdict_of(one, level, alpha);
  one.more_launches.reset();
  explain(one, alpha);
}

bool is_beyond_margin(CaseComparison const& one) {
  return one.ratio_interval && place_of(*one.ratio_interval, one.margin) == Place::beyond;
}

bool is_shown(CaseVerdict verdict) {
  return verdict == CaseVerdict::regressed || verdict == CaseVerdict::improved ||
         verdict == CaseVerdict::slower || verdict == CaseVerdict::faster || verdict == CaseVerdict::small;
}

}  // namespace muster
