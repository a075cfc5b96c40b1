// How many nodes it takes: until half is lost, or for a rate.
#pragma once
#include <vector>

#include "harness/core/projection.hpp"
#include "harness/project/curve.hpp"
#include "harness/project/step_model.hpp"

namespace muster::project {

inline constexpr int most_nodes = 100'000;  ///< that are searched, and that may be asked for

/// How many nodes of a scenario can be searched: one where nothing joins it to others.
int most_joined(Scenario const& scenario);

/// Share of all time that a cause takes on `nodes`, in the middle world: 0 to 1; the shares of all causes add
/// up to 1.
double share_of(Limit cause, StepModel const& model, int nodes);

/// The fewest nodes (powers of two are searched, then between two of them) at which each cause but computing
/// takes at least half; 0 where none up to `most` does.
std::vector<HalfLost> half_lost(StepModel const& model, int most = most_nodes);

/// The fewest nodes whose useful rate reaches `rate` > 0 samples/s, up to the scenario's, by the bands of all
/// draws; 0 where none do (storage and failures set an end to it).
Goal goal_of(StepModel const& model, double rate, Basis const& basis);

}  // namespace muster::project
