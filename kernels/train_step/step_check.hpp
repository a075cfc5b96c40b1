// Is the training step computed right? The same check for every backend: it works a StepMachine piece by
// piece, reads samples of every array, and holds them against machine.hpp's formulas in double precision.
#pragma once
#include <cstdint>

#include "kernels/contract/group.hpp"
#include "kernels/contract/verdict.hpp"
#include "kernels/train_step/machine.hpp"
#include "kernels/train_step/schedule.hpp"

namespace muster::train {

/// Called by all ranks of `group` at the same moment, before sampling and after it; `seed`: the case's.
/// Leaves the machine as restart() does: first weights, no steps done, batches from the input.
Verdict check_step(StepPlan const& plan, StepMarks const& marks, StepMachine& machine, Group& group,
                   std::uint64_t seed);

}  // namespace muster::train
