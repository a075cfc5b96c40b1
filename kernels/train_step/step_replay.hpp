// Whole training steps as they are enqueued, overlap and all, held against what they must come to.
#pragma once
#include <cstdint>

#include "kernels/train_step/machine.hpp"
#include "kernels/train_step/schedule.hpp"
#include "kernels/train_step/step_agreement.hpp"
#include "kernels/train_step/step_findings.hpp"

namespace muster::train {

/// Is the network so small that three steps of all ranks can be done in plain loops? At most `flops` in all,
/// 2^20 parameters, 2^25 activations.
bool small_enough_to_replay(StepPlan const& plan, int ranks, std::uint64_t flops);

/// What restart() must leave: first weights, moments 0, no updates.
StepFindings check_restart(StepPlan const& plan, StepMachine& machine, std::uint64_t seed);

/// Three steps on the fixed batch against the reference, every parameter. Both begin at restart().
StepFindings check_against_reference(StepPlan const& plan, StepMarks const& marks, StepMachine& machine,
                                     StepGroups& groups, std::uint64_t seed);

/// A step on the fixed batch, enqueued three times, each against the same done piece by piece with nothing at
/// the same time: samples of the moments, which tell which gradients were used. For networks that are too
/// large for the reference. All begin at restart(). With StepOptions::graph so many times that a recording is
/// repeated: a machine may have one for each of kept_steps places, do a step of a kind as it comes for the
/// first time, and record those that follow.
StepFindings check_schedule(StepPlan const& plan, StepMarks const& marks, StepMachine& machine,
                            std::uint64_t seed);

/// A step on the input, as it is enqueued: is all of it done with the batch taken, and not with what lay
/// there before? Samples of the moments, against those of the same step done piece by piece with the batch
/// that lies there afterwards. Called by all ranks at the same moment.
StepFindings check_batches(StepPlan const& plan, StepMarks const& marks, StepMachine& machine,
                           std::uint64_t seed);

/// Hands out the times of all steps that are done.
void drop_times(StepMarks const& marks, StepMachine& machine);

}  // namespace muster::train
