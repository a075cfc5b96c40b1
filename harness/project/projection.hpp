// What a described cluster would do, from what was measured.
#pragma once
#include <cstdint>
#include <vector>

#include "harness/core/cluster_description.hpp"
#include "harness/core/projection.hpp"

namespace muster::project {

struct ProjectOptions {
  std::vector<int> nodes{};  ///< empty: 1, 2, 4, ... and all of the cluster's
  int draws = 400;
  std::uint64_t seed = 1;
  double goal = 0;  ///< samples/s, for Projection::goals; 0: none
  int threads = 0;  ///< 0: as many as there are processors; figures do not depend on it
};

/// Throws Error(usage) naming every fault where premises and cluster cannot be joined (no training step,
/// ...), a line each.
Projection project(Premises const& premises, ClusterDescription const& cluster,
                   ProjectOptions const& options);

}  // namespace muster::project
