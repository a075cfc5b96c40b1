// What DLIO and MLPerf Storage say of a training run, by DLIO's own formulas, so that figures can be held
// against theirs.
#pragma once
#include <cstddef>
#include <vector>

namespace muster::dataload {

/// One training step: the wait for its batch, then the computation, in seconds.
struct Step {
  double load = 0, compute = 0;
};

/// One rank's steps, one after the other, without a pause.
struct StepBlock {
  std::vector<Step> steps{};
  double seconds = 0;  ///< from the first step's begin to the last one's end, waits for other ranks included
  int batch = 1;       ///< samples a step
};

/// 0 to 1: seconds computed over seconds elapsed, the first step in neither (DLIO: AU, in percent;
/// metric_exclude_start_steps is 1). 0 without a second step. Source: DLIO 2.0.0 and main (e1919d7),
/// utils/statscounter.py, compute_metrics_train.
double accelerator_utilisation(StepBlock const& block);

/// Samples per second of one rank, all steps over all the time: DLIO 2.0.0, MLPerf Storage v0.5 and v1.0.
double samples_per_second_v1(StepBlock const& block);

/// Since MLPerf Storage v2.0: the first step's time is left out, and two steps' samples (so it is low by
/// about one step in all). DLIO main (e1919d7). 0 below three steps.
double samples_per_second_v2(StepBlock const& block);

/// What DLIO prints as "MB/s": binary megabytes of nominal record length, not what was read.
double nominal_mib_per_second(double samples_per_second, double record_bytes);

}  // namespace muster::dataload
