// What cannot be projected.
#pragma once
#include <string>
#include <vector>

#include "harness/project/projection.hpp"

namespace muster::project {

inline constexpr int fewest_draws = 10, most_draws = 100'000;

/// "problem (why) remedy", every one; empty where premises, cluster and options can be joined.
std::vector<std::string> refusals(Premises const& premises, ClusterDescription const& cluster,
                                  ProjectOptions const& options);

}  // namespace muster::project
