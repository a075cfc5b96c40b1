// In what a synthetic step differs from the model that it stands for.
#pragma once
#include <string>

#include "kernels/train_step/step_plan.hpp"

namespace muster::train {

/// One line, of the kinds of layers that the plan has: what the model does and the step does not, and what
/// the step does that a framework does not.
std::string left_out_of_model(StepPlan const& plan);

}  // namespace muster::train
