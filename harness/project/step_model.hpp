// A data-parallel training step on many nodes, from one rank's step and the sums' times.
#pragma once
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "harness/core/projection.hpp"
#include "harness/project/collective_model.hpp"
#include "harness/project/extremes.hpp"
#include "harness/project/model_error.hpp"

namespace muster::project {

/// One possible world: standard normal pulls, by which every uncertain quantity departs from its middle.
struct Draw {
  double compute = 0;  ///< measured rate against that of the machine projected to (operator spread)
  double inside = 0, between = 0;  ///< of sums inside a node and between nodes
  double noise = 0;                ///< of synchronisation
  double storage = 0;
  double failures = 0, start_up = 0, hpl = 0;
  double model = 0;                        ///< what the model itself is wrong by
  double gpu_spread = 0, step_spread = 0;  ///< how wide these are, beside what few values say
  double gpu_tail = 0.5;  ///< in (0, 1): where the slowest of all GPUs lies among possible slowest ones
  bool by_node = false;   ///< GPUs of a node are slow together, else each by itself
  double power = 0;       ///< drawn by a GPU that was not measured
  double lost = ModelError{}.lost;  ///< what each doubling of ranks costs beside all of these
};

/// s of an all-reduce of `bytes` over `nodes` with `gpus` of each, for a draw's pull.
using AllReduceTime = std::function<double(double bytes, int nodes, int gpus, double pull)>;

/// What sets a step as measured apart from its parts.
struct Rest {
  double seconds = 0;  ///< that it took beyond them, >= 0
  double share = 1;    ///< of its compute that it took, where it was shorter than they are
};

/// Of StepPremise::measured, on as many nodes of the scenario with as many GPUs as it was measured on: where
/// the model says what was measured. None where nothing was, or nothing joins the scenario's nodes. Throws
/// Error(usage) where no compute is left beside the sums.
Rest rest_of(StepPremise const& premise, Scenario scenario, AllReduceTime const& all_reduce);

/// One workload on a scenario: what terms of all node counts and draws share. Safe to use from several
/// threads.
///
/// Sums of gradients: bucket i starts when it is ready on the slowest rank and bucket i - 1 is done,
/// finish_i = max(ready_i, finish_(i-1)) + all-reduce(bytes_i), and the step is the later of the backward
/// pass and the last finish, with the optimiser after both (S. Li et al., "PyTorch Distributed", VLDB 2020,
/// whose buckets these are). Without overlap the sums follow the backward pass. Sums among ranks that share
/// layers lengthen both passes, half of them each (Megatron-LM has as many in either).
///
/// Stragglers: compute time grows by the slowest rank's excess. What sets GPUs apart for good is the slowest
/// of all N: a quantile of the maximum (Spread::slowest). What differs from step to step counts with its mean
/// over many steps (of a Gumbel-like maximum: its 0.57 quantile), less that of the measured ranks, whose
/// steps hold it already. Both at once: as independent widths, root of squares. No spread over GPUs measured:
/// an assumed one, beyond that of the measured ranks.
///
/// Noise: late nodes (noise_model.hpp). Unexplained: what each doubling of ranks beyond the measured ones was
/// found to cost on published systems (ModelError::lost).
///
/// Rest: what a measured step (StepPremise::measured) took beyond its parts on the nodes that it was measured
/// on goes on as it is on any others; less than its parts is a share of compute.
class StepModel {
 public:
  /// Measured on nodes like the scenario's. References must outlive it.
  StepModel(StepPremise const& premise, Scenario const& scenario, AllReduceTime all_reduce);
  /// Measured on others.
  StepModel(StepPremise const& premise, Scenario const& scenario, AllReduceTime all_reduce, Rest rest);

  StepTerms terms(int nodes, Draw const& draw) const;
  /// s of one GPU (with those that share its layers), that waits for nothing.
  double alone(Draw const& draw) const;
  StepPremise const& premise() const { return premise_; }
  Scenario const& scenario() const { return scenario_; }

 private:
  struct Lane;  ///< of compute
  Lane lane(int nodes, Draw const& draw, double excess) const;
  std::vector<double> sums(int nodes, Draw const& draw) const;  ///< s of each bucket
  double timeline(Lane const& lane, std::span<double const> sums) const;
  double last_finish(Lane const& lane, std::span<double const> sums) const;
  double all_reduce(double bytes, int nodes, Draw const& draw) const;
  double tensor(Draw const& draw) const;
  double slowest(int nodes, Draw const& draw) const;  ///< compute over the median GPU's, less 1
  double lasting_excess(int nodes, Draw const& draw) const;
  double passing_excess(int nodes, Draw const& draw) const;
  void add_input(StepTerms& terms, int nodes, Draw const& draw) const;
  double unexplained(int nodes, double explained, Draw const& draw) const;
  bool adds(int nodes) const;  ///< are there gradients of others?
  int group() const;           ///< ranks of a node that add the same gradients

  StepPremise const& premise_;
  Scenario const& scenario_;
  AllReduceTime all_reduce_;
  Spread gpus_, steps_;
  Rest rest_;
};

/// `sums` must outlive it.
inline AllReduceTime times_of(CollectiveModel const& sums) {
  return [&sums](double bytes, int nodes, int gpus, double pull) {
    return sums.all_reduce(bytes, nodes, gpus, pull);
  };
}

/// `nodes` of the scenario, all GPUs of each in data parallel (shared layers stay inside a node).
inline StepTerms step_terms(StepPremise const& premise, Scenario const& scenario, CollectiveModel const& sums,
                            int nodes, Draw const& draw) {
  return StepModel(premise, scenario, times_of(sums)).terms(nodes, draw);
}

}  // namespace muster::project
