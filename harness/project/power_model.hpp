// What a cluster draws.
#pragma once
#include <optional>

#include "harness/core/cluster_parts.hpp"
#include "harness/core/datasheets.hpp"
#include "harness/core/premises.hpp"

namespace muster::project {

/// W of `nodes` in training: a GPU's measured draw (at most what the described one may draw) and all else in
/// a node, where that is described; without switches and cooling. Absent where no GPU's draw was measured.
/// `pull`: standard deviations off the middle (a draw; > 0 is more), where the GPU that drew it was another
/// one.
std::optional<double> training_watts(StepPremise const& premise, Scenario const& scenario, int nodes,
                                     double pull = 0);

/// W of a described GPU in a step in which a `measured` one draws `watts`: the same share of what its data
/// sheet says. Absent where one of the two data sheets is silent.
std::optional<double> watts_on_other_gpu(double watts, Datasheet const& measured, GpuPart const& described);

/// W of `nodes` at full load, by data sheets alone. Absent where the GPU's is not described.
std::optional<double> full_watts(Scenario const& scenario, int nodes);

}  // namespace muster::project
