// The batches of a training step on a GPU.
#pragma once
#include <memory>

#include "kernels/train_step/step_input.hpp"

namespace muster::train::cuda {

/// By the network's input profile, or one batch made once where the plan has no input. Called by all ranks of
/// the group. Throws as dataload's workloads do: Unsupported or BadInput where the data are not of that kind.
std::unique_ptr<StepInput> gpu_input(StepPlan const& plan, Params const& given, Context& context);

}  // namespace muster::train::cuda
