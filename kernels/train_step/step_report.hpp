// A case of a training step after sampling: all that is made of what was measured.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/train_step/alone.hpp"
#include "kernels/train_step/finding.hpp"
#include "kernels/train_step/step_ranks.hpp"
#include "kernels/train_step/timeline.hpp"

namespace muster::train {

/// What was measured.
struct StepMeasured {
  StepTime mean{};
  std::uint64_t steps = 0;
  AloneTimes alone;
  RankComparison ranks{};
  int team = 0, teams = 1;    ///< that sum gradients: this rank's, and how many (step_teams.hpp)
  double bytes_of_batch = 0;  ///< read for a micro-batch
  std::vector<Figure> input_figures{};
  std::vector<std::pair<std::string, std::string>> input_facts{};
};

/// What it comes to.
struct StepReport {
  StepMeasured measured;
  double limit = 0, tail = 0;  ///< seconds, of the slowest rank
  double transfer_alone = 0;   ///< seconds of sums in a step, each as long as the rank that comes last has it
  double transfer_inside = 0;
  std::optional<Bound> peak{};  ///< FLOP/s of the step's type
  Holdup holdup{};
  std::vector<Slice> slices{};
  std::optional<Drift> drift{};
  std::optional<Stalls> stalls{};
  std::string finding{};  ///< the same on all ranks
};

/// A group call; `peak` may be measured.
StepReport report_of(StepPlan const& plan, StepMeasured measured, Device& device, Group& group);

/// Names: step_summary.hpp. `samples`: of all ranks in a step.
std::vector<Figure> figures_of(StepPlan const& plan, StepReport const& report, double samples, int rank);
/// "ranks" and "timeline", on the first rank only: they are the same on all.
std::vector<Matrix> matrices_of(StepReport const& report);
/// finding, slowest_rank, steadiness, left_out.
std::vector<std::pair<std::string, std::string>> facts_of(StepReport const& report);

}  // namespace muster::train
