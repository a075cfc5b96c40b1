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

/// Figures of a case (results/README.md explains them), all of the rank's own unless said otherwise:
///   part_input, part_forward, part_backward, part_tensor, part_communication, part_optimiser,
///   part_checkpoint, part_rest           s, means over steps: they add up to step_mean step_mean, step_p50,
///   step_p99, step_max     s, of steps; p50, p99 and max of the slowest rank step by step parts_of_sample
///   the parts' sum over the time that was measured from outside compute_alone, communication_alone,
///   input_alone, forward_alone, backward_alone, optimiser_alone   s a step,
///                       each with nothing else going on; absent where there is none
///   reducing            s a step in sums of gradients while all goes on
///   compute_slowdown, communication_slowdown    (time inside the step / alone) - 1
///   communication_hidden                        share of reducing that compute did not wait for
///   limit                s: the longest of compute, communication and input alone, plus the tail that cannot
///   be
///                       hidden (the last bucket's sum and its update); tail s
///   over_limit          step_mean / limit - 1
///   samples_per_second, tokens_per_second       of all ranks
///   flops_per_sample, model_flop_rate (FLOP/s a rank), model_flop_utilisation (of the device's peak of that
///   type) input_bandwidth, input_demand               B/s a rank: as read, and what compute alone would want
///   parameters, gradient_bytes, buckets, steps, batch
///   waited_for_ranks    s a step that this rank waited in sums for later ones
///   checkpoint_bytes, checkpoint_seconds, checkpoint_bandwidth, checkpoint_cost (s a step)
/// Facts: finding (one line, the same on all ranks), slowest_rank, left_out, and those of input and machine.
/// Matrices: "ranks" (a row a rank: step, compute, waited, last: share of steps in which it came last) and
/// "timeline" (a row for each slice of the sampled time: begin, median and longest step of the slowest rank).

}  // namespace muster::train
