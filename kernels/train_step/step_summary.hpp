// What a training step's measurement comes to, and how it stands in the record: the same names on every
// backend.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/work.hpp"

namespace muster::train {

/// Where the time of a step goes on the compute lane, in seconds; the parts add up to it.
struct StepTime {
  double step = 0;   ///< from the first micro-batch's begin to the end
  double input = 0;  ///< waited for batches
  double forward = 0, backward = 0;
  double tensor = 0;         ///< sums over the ranks that share layers
  double communication = 0;  ///< waited for sums of gradients (exposed)
  double optimiser = 0;
  double checkpoint = 0;  ///< waited for the state to be taken or written
  double rest = 0;
  double reducing = 0;  ///< communication lane: in sums of gradients, hidden or not; not one of the parts
};

/// Figures of a case (results/README.md explains them), of the rank's own unless said otherwise; seconds are
/// of a step.
///
/// part_input, part_forward, part_backward, part_tensor, part_communication, part_optimiser, part_checkpoint,
/// part_rest: s, means over steps; they add up to step_mean.
///
/// step_mean; step_p50, step_p99, step_max: s; the last three of the slowest rank, step by step.
///
/// parts_of_sample: the parts' sum over the time that the device's stopwatch shows.
///
/// compute_alone (and of it forward_alone, backward_alone, optimiser_alone), communication_alone,
/// input_alone: s, with nothing else going on; absent where there is none.
///
/// reducing: s in sums of gradients while all goes on, with what was waited for later ranks in them.
///
/// compute_slowdown: (forward, backward and optimiser inside the step) / alone - 1, by all that goes on
/// beside them. compute_slowdown_by_sums: of the backward pass of steps without input, beside which gradients
/// are summed (with overlap; absent without). compute_slowdown_by_input: of forward, backward and optimiser
/// of steps that communicate nothing, beside which batches are made (absent without input).
/// communication_slowdown: of sums, each as long as the rank that came last to it has it, by all that goes on
/// beside them.
///
/// communication_hidden: share of reducing that compute did not wait for.
///
/// limit: s, what the step would take if compute, communication and input cost each other nothing: the
/// longest of the three alone, and the tail, that the order of the work does not let them hide (sums cannot
/// begin before the first bucket is ready; nothing is left to compute while the last one is summed). Of the
/// slowest rank, with overlap, whether the case has it or not. tail: s. over_limit: the slowest rank's
/// step_mean / limit - 1.
///
/// samples_per_second, tokens_per_second: of all ranks. flops_per_sample: the model's, of all ranks
/// that share its layers; model_flop_rate: FLOP/s of a rank; model_flop_utilisation: of the device's peak of
/// that type.
///
/// input_bandwidth: B/s read; input_demand: B/s if the step never waited for its input and all hid each
/// other.
///
/// parameters, gradient_bytes, buckets, steps, batch (samples of a rank and step).
///
/// waited_for_ranks: s that this rank waited for later ones (step_ranks.hpp).
///
/// checkpoint_bytes, checkpoint_seconds, checkpoint_bandwidth; checkpoint_cost: s, over all steps.
///
/// Facts: finding (one line, the same on all ranks), slowest_rank, steadiness (drift and stalls,
/// timeline.hpp), left_out (where parts_of_sample is below 0.98), parts_run (where fewer ranks share layers
/// than the model has parts of them), and those of input and machine.
///
/// Matrices: "ranks" (a row a rank: step, compute, input, waited) and "timeline" (a row for each slice of the
/// sampled time: begin, median and longest step of the slowest rank).

}  // namespace muster::train
