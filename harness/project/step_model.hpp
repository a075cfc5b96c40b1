// A data-parallel training step on many nodes, from one rank's step and the sums' times.
#pragma once
#include <string_view>

#include "harness/project/collective_model.hpp"
#include "harness/project/premises.hpp"

namespace muster::project {

enum class Limit { compute, communication, storage, stragglers, failures };
std::string_view word(Limit limit);

/// One possible world: standard normal pulls, by which every uncertain quantity departs from its middle.
struct Draw {
  double compute = 0;  ///< measured rate against that of the machine projected to (operator spread)
  double inside = 0, between = 0;  ///< of sums inside a node and between nodes
  double noise = 0;                ///< of synchronisation
  double storage = 0;
  double failures = 0;
  double gpu_tail = 0.5,
         step_tail = 0.5;  ///< in (0, 1): where the slowest of all lies among possible slowest ones
};

/// Where a step's time goes, in seconds; the parts add up to `seconds`.
struct StepTerms {
  double compute = 0;        ///< forward, backward and optimiser of a median GPU, slowed by sums beside it
  double tensor = 0;         ///< sums inside the node that compute waits for
  double communication = 0;  ///< exposed sums of gradients
  double stragglers = 0;     ///< waited for the slowest of all ranks
  double noise = 0;          ///< lost to others' traffic and daemons
  double input = 0;          ///< waited for storage
  double seconds = 0;
  double sums = 0;            ///< all sums of gradients, hidden or not; not one of the parts
  double storage_demand = 0;  ///< B/s of all nodes, if storage were no limit; not one of the parts
  Limit limit = Limit::compute;
};

/// `nodes` of the scenario, all GPUs of each in data parallel (shared layers stay inside a node).
StepTerms step_terms(StepPremise const& premise, Scenario const& scenario, CollectiveModel const& sums,
                     int nodes, Draw const& draw);

}  // namespace muster::project
