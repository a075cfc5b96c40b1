// Is the training step computed right? The same check for every backend: it works a StepMachine piece by
// piece, reads samples of every array, and holds them against machine.hpp's formulas in double precision.
#pragma once
#include <cstdint>

#include "kernels/contract/group.hpp"
#include "kernels/contract/verdict.hpp"
#include "kernels/train_step/machine.hpp"
#include "kernels/train_step/schedule.hpp"

namespace muster::train {

/// Called by all ranks of `group` at the same moment, before sampling and after it; `seed`: the case's. Each
/// rank is told of its own faults, and of those that are all ranks'. In this order:
///
/// 1. Weights, as the steps so far have left them, are the same bits on all ranks that hold the same ones.
/// 2. With an input: three batches in a row are not all the same.
/// 3. One step on the fixed batch, piece by piece (step_examination.hpp): batch, x, w, y, loss, dx, dw (of
/// the
///    first micro-batch and of one that is added), dy of the layer before, sums over ranks, the optimiser bit
///    for bit, the copy that is multiplied. Up to 6 elements of each array and layer, and both ends of every
///    bucket, each in double from the operands that the machine has in hand: a right element is off by as
///    much as StepLimits says.
/// 4. restart() leaves the first weights.
/// 5. Steps as they are enqueued, lanes side by side, on gradients that were spoiled before: three of them
///    against the reference in double where that is work for seconds (before sampling 5 GFLOP over all ranks,
///    after it 1; small_enough_to_replay()), else each (with graphs some more)
///    against the same step done piece by piece.
/// 6. With an input: a step as it is enqueued, on a batch that has only just been made, against the same step
///    done piece by piece with that batch.
///
/// Of inference only the batch, the forward pass and the weights are looked at. The error of the verdict is
/// the largest in units of its own limit, so the tolerance is 1. Right answers reach 0.3 in fp32 and 0.67 in
/// bf16, all of what rounding may use.
///
/// Leaves the machine as restart() does: first weights, no steps done, batches from the input; no step's
/// times wait to be taken. Costs about ten steps (some more for the reference), a few batches of the
/// input, and what reading takes.
Verdict check_step(StepPlan const& plan, StepMarks const& marks, StepMachine& machine, Group& group,
                   std::uint64_t seed);

}  // namespace muster::train
