// Which of several is the fastest, found with as few timings as it takes.
#pragma once
#include <cstddef>
#include <functional>
#include <vector>

namespace muster {

struct RaceRules {
  int rounds = 8;
  double limit_seconds = 1;   ///< no round begins later than this
  double least_gain = 0.003;  ///< contestant 0 keeps its place against less
};

struct RaceResult {
  std::size_t winner = 0;
  std::vector<double> seconds;  ///< median of each contestant, dropped ones included; 0: never timed
  int rounds = 0;               ///< that were run to their end
  bool cut_short = false;       ///< by the time limit
};

/// Contestant 0 is the one that is taken unless another is better by more than least_gain. Rounds time
/// everyone who is left once, back and forth in turn, so that a clock that drifts favours no one. After round
/// r, from the second on, those whose best time is worse than the best of all by more than
/// max(1 %, 20 % / r^2) are dropped, contestant 0 never; the median decides between those who stay. A sole
/// contestant is timed once. `time(i)` gives the seconds of one timing of contestant i; `now()` the seconds
/// since any fixed moment. At least one contestant.
RaceResult race(std::size_t contestants, std::function<double(std::size_t)> const& time,
                RaceRules const& rules, std::function<double()> const& now);

/// Of a non-empty list; the mean of the middle two where their number is even.
double median_of(std::vector<double> values);

}  // namespace muster
