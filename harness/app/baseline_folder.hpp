// Where baselines are kept.
#pragma once
#include <string>

#include "harness/record/baselines.hpp"

namespace muster {

/// `given` (--baselines), else MUSTER_BASELINES, else results/baselines.
Baselines baselines_in(std::string const& given);

}  // namespace muster
