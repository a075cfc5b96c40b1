// What is kept of the steps that were taken: sums over all of them, and the steps themselves until there is
// no more room, then fewer and fewer of them.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/dataload/thinned_times.hpp"
#include "kernels/train_step/schedule.hpp"
#include "kernels/train_step/step_summary.hpp"

namespace muster::train {

/// A step, standing for those after it that were not kept.
struct KeptStep {
  double begin = 0;    ///< seconds since the first one's
  double step = 0;     ///< its own seconds
  double longest = 0;  ///< of it and of those that it stands for
  double waiting = 0;  ///< for other ranks and their data on the compute lane: communication and tensor
};

class StepRecord {
 public:
  /// All memory is taken here.
  explicit StepRecord(StepMarks const& marks, std::size_t room = std::size_t{1} << 16);

  void clear();
  /// `seconds`: of the step's marks. Allocates nothing.
  void add(std::span<double const> seconds);

  std::uint64_t count() const { return count_; }
  StepTime mean() const;                       ///< over all steps; zeros without any
  double longest() const { return longest_; }  ///< of all steps
  std::span<KeptStep const> steps() const { return steps_; }
  std::uint64_t stride() const { return thinning_.stride(); }
  /// Seconds of sums: bucket by bucket of one step, then of the next one that is kept (fewer are than in
  /// steps()).
  std::span<double const> reduces() const { return reduces_; }

 private:
  void keep(KeptStep const& step);
  void keep_reduces(std::span<double const> seconds);

  StepMarks marks_;
  std::uint64_t count_ = 0;
  StepTime sum_{};
  double longest_ = 0, first_begin_ = 0;
  dataload::Thinning thinning_;
  std::vector<KeptStep> steps_{};
  dataload::Thinning reduce_thinning_;
  std::vector<double> reduces_{};
};

}  // namespace muster::train
