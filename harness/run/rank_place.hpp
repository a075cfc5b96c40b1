// Where the ranks of a node work: agreed among them, so that each has CPUs near its own device.
#pragma once
#include <vector>

#include "harness/core/document.hpp"
#include "harness/device/placement.hpp"
#include "kernels/contract/group.hpp"

namespace muster {

/// The CPUs of this rank (see deal_cpus()). Every rank of the group calls this, whatever it has found out
/// about its device.
std::vector<int> agreed_cpus(Group& group, RankNeeds const& mine);

/// Those of the node's ranks, in their order, on its first rank; none elsewhere. Every rank calls this.
std::vector<Placement> placements_of_node(Group& group, Placement const& mine);

}  // namespace muster
