// A job's simulated time.
#pragma once
#include "harness/project/simulated_job.hpp"

namespace muster::project {

/// s. Once in a process (see Network).
double simulate(SimulatedJob const& job);

}  // namespace muster::project
