// One workload on one number of nodes: its figures over all draws.
#pragma once
#include <vector>

#include "harness/core/projection.hpp"
#include "harness/project/step_model.hpp"

namespace muster::project {

/// What bands rest on, beside a step's model.
struct Basis {
  std::vector<Draw> draws;
  int measured_ranks = 1;         ///< most of a measured sum or step
  bool between_measured = false;  ///< sums between nodes
};

/// So many nodes of the scenario, from what bands rest on.
Distance distance_of(Scenario const& scenario, int nodes, Basis const& basis);

/// Without ProjectedStep::measured.
ProjectedStep projected_step(StepModel const& model, int nodes, Basis const& basis);

/// Of projected_step() this alone.
Band useful_rates(StepModel const& model, int nodes, Basis const& basis);

/// Samples/s of all nodes that are neither redone nor lost to failures, in one world.
double useful_rate(StepModel const& model, int nodes, Draw const& draw);

}  // namespace muster::project
