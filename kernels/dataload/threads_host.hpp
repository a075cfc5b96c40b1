// Where the rank's threads may run: for threads that outlive one Team::run.
#pragma once
#include <sched.h>

#include <vector>

#include "kernels/contract/device.hpp"

namespace muster::dataload {

/// The CPUs that each thread of the team is kept on, in its order.
std::vector<cpu_set_t> places_of(Team& team);

/// Keeps the calling thread on `place`; a system that refuses leaves it where it is.
void stay_on(cpu_set_t const& place);

}  // namespace muster::dataload
