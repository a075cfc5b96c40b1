// Which assumption moves the answer most.
#pragma once
#include <span>
#include <vector>

#include "harness/project/curve.hpp"

namespace muster::project {

/// For each uncertain quantity the useful rate on `nodes` with that one at its p10 and p90, and all others in
/// the middle; those that move nothing are left out. The largest range first. low <= 0 <= high.
std::vector<Sensitivity> sensitivities(StepModel const& model, int nodes, Basis const& basis);

/// One more for each other scenario's value: the same workload's `model` against those of `others`.
std::vector<Sensitivity> against_scenarios(StepModel const& model, std::span<StepModel const* const> others,
                                           int nodes);

}  // namespace muster::project
