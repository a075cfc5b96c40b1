// What of a described cluster is simulated.
#pragma once
#include <vector>

#include "harness/core/cluster_parts.hpp"
#include "harness/project/simulated_job.hpp"

namespace muster::project {

/// All that a scenario's network and storage allow: sums on all nodes, or the first most_nodes, where nothing
/// is wrong; what-ifs on about what_if_nodes, full leaves of them (faults cost a ring the same at any size);
/// reads of one node and of all. Every rail is like every other, and above leaves there is one level of spines.
std::vector<SimulatedJob> jobs_of(Scenario const& scenario);

/// 720 take half a minute, 1,536 over five.
inline constexpr int most_nodes = 720;
inline constexpr int what_if_nodes = 120;
/// A tree in more chunks comes nearer to its limit, and takes far longer to simulate.
inline constexpr int most_chunks = 32;

}  // namespace muster::project
