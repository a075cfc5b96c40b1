// A training step on the first nodes only, for scaling curves within one allocation.
#pragma once
#include <memory>

#include "kernels/contract/workload.hpp"

namespace muster::train {

/// The case that `make` makes, with the group of the ranks on the first so many nodes as the parameter
/// `nodes` says (0: all); the others sit it out: they do no work and have no figures. Called by all ranks.
/// Throws as `make`, on all ranks, and Unsupported where there are fewer nodes.
std::unique_ptr<Instance> on_first_nodes(Params const& params, Context& all, Maker make);

}  // namespace muster::train
