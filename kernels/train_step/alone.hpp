// What each part of a step costs with nothing else going on: steps that only compute, only communicate, only
// take batches, in turn with whole ones, and with those that leave out batches or communication, which tell
// what each of these costs computing.
#pragma once
#include <memory>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/train_step/decomposition.hpp"
#include "kernels/train_step/step_input.hpp"
#include "kernels/train_step/step_runner.hpp"

namespace muster::train {

/// Seconds a step, of this rank. Negative: the step has no such part.
struct AloneTimes {
  double compute = -1, communication = -1, input = -1;
  double forward = 0, backward = 0, optimiser = 0;
  double backward_beside_sums = -1;  ///< of steps without input
  double compute_beside_input = -1;  ///< forward, backward and optimiser of steps that communicate nothing
  StepPieces compute_pieces, communication_pieces;
  /// Of whole steps back to back: the sum of what their marks say, over the time on the device's stopwatch.
  double told = 1;

  explicit AloneTimes(StepMarks const& marks) : compute_pieces(marks), communication_pieces(marks) {}
};

/// How much is measured: each kind of step, in each of `rounds`, `steps` times after one that does not count.
struct AloneRounds {
  int rounds = 5, steps = 2;
};

/// For steps of `step_seconds`: 50 ms or two steps of each kind in a round, at most 32; five rounds, or three
/// where they would take longer than 10 s, and then with one step of half a second or more. The same on all
/// ranks for the same time.
AloneRounds alone_rounds(double step_seconds);

/// A group call. In each round every kind of step has its turn, so that what changes with time (clocks,
/// temperature) changes for all; the median of rounds counts. Throws what the machine and the input throw.
AloneTimes measure_alone(StepPlan const& plan, StepMarks const& marks, StepInput& input, StepMachine& machine,
                         AloneRounds const& rounds, Context& context);

}  // namespace muster::train
