// How much time a job asks for when its user does not say.
#pragma once
#include <string>

#include "harness/core/plan.hpp"

namespace muster {

struct JobTime {
  double seconds = 0;
  std::string reason;  ///< in words
};

/// What the plan takes, twice, and ten minutes: how fast many nodes start is not known beforehand, and a job
/// that runs out of time has to be given again. In steps of five minutes. Each of `sides` carries the plan
/// out.
JobTime job_time(Plan const& plan, int sides = 1);

}  // namespace muster
