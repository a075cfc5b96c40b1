// What limits a training step, in one line.
#pragma once
#include <string>

#include "kernels/train_step/step_ranks.hpp"

namespace muster::train {

/// Of all ranks: shares of the step on the compute lane, means over ranks, from 0 to 1.
struct StepShares {
  double input = 0;
  double communication = 0;  ///< waits for gradients, without those for later ranks
  double tensor = 0;         ///< sums over ranks that share layers
  double checkpoint = 0;
  double compute = 0;  ///< forward, backward, optimiser

  Holdup holdup{};
  /// What the input does most of its time: "storage", "decoding", ...; "": unknown.
  std::string input_by = "";
  double input_alone = 0;           ///< what the input delivers alone over what the step would take without
                                    ///< waiting for it; 0: unknown
  double communication_hidden = 0;  ///< share of the sums of gradients that compute did not wait for
  bool overlap = true;
  double peak = 0;  ///< share of the device's peak that the model's operations come to; 0: unknown
  double compute_slowdown = 0;  ///< against compute alone
};

/// The largest of what keeps the compute lane from computing, if it is 5 % of the step or more: waiting for a
/// later rank, for the input, for gradients, for sums inside layers, for checkpoints. Otherwise the step is
/// compute-bound.
std::string finding_of(StepShares const& shares);

}  // namespace muster::train
