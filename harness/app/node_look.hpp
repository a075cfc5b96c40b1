// What a node says of itself before anything is measured on it.
#pragma once
#include "harness/core/events.hpp"
#include "harness/core/plan.hpp"
#include "harness/record/document_json.hpp"

namespace muster {

/// Fills in the node, with its GPUs and library versions, and what is wrong with it for this plan: fewer GPUs
/// than planned, one that cannot be opened or has memory faults, a backend that cannot be used. Children ask
/// the drivers, so that one that hangs costs a deadline only.
void look_at_node(Plan const& plan, NodeSeen& seen);

/// Of that, what the cuda backend's devices have to say.
void look_at_gpus(Plan const& plan, Probe const& probe, NodeSeen& seen);

}  // namespace muster
