// Where the time of a step goes, from the times of its marks.
#pragma once
#include <span>
#include <vector>

#include "kernels/train_step/schedule.hpp"
#include "kernels/train_step/step_summary.hpp"

namespace muster::train {

/// `seconds`: of each mark, negative where it was not set: what lies before such a mark belongs to the next
/// part that was. The parts add up to the step exactly, but for rounding. Allocates nothing.
StepTime decompose(StepMarks const& marks, std::span<double const> seconds);

/// Seconds of bucket `bucket` on the communication lane; 0 where it was not summed.
double reduce_time(StepMarks const& marks, std::span<double const> seconds, int bucket);

/// What the order of a step's work needs to be known of it, bucket by bucket; seconds from the step's begin,
/// or that something took.
struct StepPieces {
  double step = 0;
  double backward_end = 0;
  std::vector<double> ready{};   ///< when the bucket's gradients are complete
  std::vector<double> reduce{};  ///< that its sum takes; 0: there is none
  std::vector<double> update{};  ///< that its update takes

  explicit StepPieces(StepMarks const& marks);
  StepPieces(StepMarks const& marks, std::span<double const> seconds);
};

/// The median of each number over steps; at least one.
StepPieces median_of(std::span<StepPieces const> steps);

/// Seconds that a step takes if its compute lane and its communication lane go side by side without costing
/// each other anything, as far as its order allows: a bucket is summed once it is ready and the one before it
/// has been; it is updated once it is summed, and the backward pass and the one before it are done.
/// `compute`: of a step that only computes; `communication`: of one that only communicates, on its compute
/// lane the sums over ranks that share layers.
double shortest_step(StepPieces const& compute, StepPieces const& communication);

}  // namespace muster::train
