// The steps of all ranks side by side: the slowest one's, step by step, and who made the others wait.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "kernels/contract/group.hpp"
#include "kernels/train_step/step_record.hpp"

namespace muster::train {

/// One rank's means over steps, in seconds.
struct RankMeans {
  double step = 0, compute = 0, input = 0;
  double waiting = 0;  ///< for other ranks and their data on the compute lane
  double waited = 0;   ///< of that, for later ranks
  double tensor = 0;   ///< in sums over the ranks that share layers
  double last = 0;     ///< share of steps in which nobody waited less
  double held = 0;  ///< that the others waited for it (their median), in the steps in which it was the last
};

/// A step of the slowest rank.
struct SlowestStep {
  double begin = 0, step = 0, longest = 0;  ///< as in KeptStep, each the highest over ranks
};

struct RankComparison {
  std::vector<RankMeans> ranks{};
  std::vector<SlowestStep> steps{};
  double longest = 0;  ///< of all steps of all ranks
  /// Of each kept sum, as in StepRecord::reduces(), the time of the rank that came last to it: it waited for
  /// nobody.
  std::vector<double> transfers{};
};

/// Ranks that sum gradients end a step together, so their steps are of equal length, and a rank that has more
/// to do than the others waits less. A rank's wait for later ones in a step is what it waited on its compute
/// lane beyond the one that waited least. (Not what its sums took beyond the shortest: sums that wait behind
/// each other while the compute lane goes on would count several times.)
/// `team`: the rank's team that sums gradients (step_teams.hpp), of `teams`. A group call. Throws DeviceError
/// on all ranks where they have not kept the same steps.
RankComparison compare_ranks(StepRecord const& record, int team, int teams, Group& group);

/// Of each of this rank's numbers, the least over the ranks of its team. A group call.
std::vector<double> least_of_team(std::span<double const> own, int team, int teams, Group& group);

/// The rank that makes the others wait, always or now and then: it held them up for 2 % of the time or more,
/// for more than half of all that any rank did, and for more than twice as long as any other one (two ranks
/// that take turns are never quite even).
struct Holdup {
  int rank = -1;     ///< -1: there is none
  double share = 0;  ///< of the step that the others wait for it
  /// "input" or "compute": what it does longer, by half of that wait at least, than the others' median;
  /// "": neither
  std::string cause{};
};
Holdup find_holdup(std::span<RankMeans const> ranks);

}  // namespace muster::train
