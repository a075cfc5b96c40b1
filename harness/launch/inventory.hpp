// Which nodes are what the plan takes them for?
#pragma once
#include <map>
#include <string>
#include <vector>

#include "harness/launch/agents.hpp"

namespace muster {

/// Why a node is left out, "problem (why) remedy".
struct Finding {
  std::string node, reason;
};

/// Nodes that did not answer, that found something wrong with themselves, or that have other GPUs or another
/// NCCL or MPI than most of the nodes. Where no kind has a majority, nobody is odd.
std::vector<Finding> unfit_nodes(AgentReport const& report);

/// "its clock is 3,600 s ahead of this node's ..." of each node whose clock is certainly off: figures do not
/// depend on it, times of day do.
std::vector<Finding> odd_clocks(AgentReport const& report);

}  // namespace muster
