// Possible worlds, the same for all scenarios, workloads and numbers of nodes: curves are smooth and
// differences are those of what differs.
#pragma once
#include <cstdint>
#include <vector>

#include "harness/project/step_model.hpp"

namespace muster::project {

/// `count` worlds by Latin hypercube sampling: each quantity has one value in each of `count` equally likely
/// ranges (M. D. McKay, R. J. Beckman, W. J. Conover, Technometrics 21, 1979). The same figures on every
/// platform.
std::vector<Draw> make_draws(int count, std::uint64_t seed);

}  // namespace muster::project
