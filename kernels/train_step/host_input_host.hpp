// The batches of a training step on the host.
#pragma once
#include <memory>

#include "kernels/train_step/step_input.hpp"

namespace muster::train {

/// By the network's input profile, or one batch made once where the plan has no input. Called by all ranks of
/// the group. Throws as dataload's workloads do: Unsupported or BadInput where the data are not of that kind.
std::unique_ptr<StepInput> host_input(StepPlan const& plan, Params const& given, Context& context);

/// What a rank of the group shares its node's memory with. Called by all ranks.
HostRoom host_room(StepPlan const& plan, Params const& given, Group& group);

}  // namespace muster::train
