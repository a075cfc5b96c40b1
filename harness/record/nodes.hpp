// The nodes of a run, from what their workers said.
#pragma once
#include <vector>

#include "harness/core/events.hpp"

namespace muster {

/// One entry a node, by name; what several launches told of the same node is put together.
std::vector<Node> merged_nodes(std::vector<Event> const& events);

}  // namespace muster
