// One training step, done piece by piece, each piece held against its formula from the numbers as they lie
// there: what is wrong is named by array and layer, and no error hides behind an earlier one.
#pragma once
#include <cstdint>
#include <vector>

#include "kernels/train_step/machine.hpp"
#include "kernels/train_step/step_agreement.hpp"
#include "kernels/train_step/step_findings.hpp"

namespace muster::train {

/// Everything that one micro-batch does before its gradients are summed over ranks, with nothing looked at.
void run_micro_batch(StepPlan const& plan, StepMachine& machine, bool add);
/// The same, with the batch that was taken last.
void run_pieces(StepPlan const& plan, StepMachine& machine, bool add);
/// Sums and updates, each of them settled before the next begins.
void run_sums(StepPlan const& plan, StepMachine& machine);
void run_updates(StepPlan const& plan, StepMachine& machine);

/// Does one step on the fixed batch, from the state as it is. Elements are chosen by `seed`, which the data
/// come from as well.
StepFindings examine_step(StepPlan const& plan, StepMachine& machine, StepGroups& groups, std::uint64_t seed);

}  // namespace muster::train
