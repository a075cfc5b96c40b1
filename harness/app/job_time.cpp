#include "harness/app/job_time.hpp"

#include <fmt/format.h>

#include <cmath>

#include "harness/core/quantities.hpp"
#include "harness/plan/planner.hpp"

namespace muster {

JobTime job_time(Plan const& plan, int sides) {
  constexpr double margin = 2, start = 600, step = 300;
  double const planned = sides * estimated_seconds(plan);
  double const seconds = std::ceil((margin * planned + start) / step) * step;
  return {seconds,
          fmt::format("suite {}{} takes about {}; twice that and 10 min, rounded up", plan.suite,
                      sides == 1 ? "" : fmt::format(" on both sides, {} launches of each,", plan.launches),
                      human_duration(planned))};
}

}  // namespace muster
