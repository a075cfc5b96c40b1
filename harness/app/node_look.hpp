// What a node says of itself before anything is measured on it.
#pragma once
#include "harness/core/events.hpp"
#include "harness/core/plan.hpp"

namespace muster {

/// Fills in the node, with its GPUs and library versions, and what is wrong with it for this plan: fewer GPUs
/// than planned, one that cannot be opened or has memory faults, a backend that cannot be used. Children ask
/// the drivers, so that one that hangs costs a deadline only.
void look_at_node(Plan const& plan, NodeSeen& seen);

}  // namespace muster
