// How often a comparison says that something differs: where nothing does, and where something does. Launches
// are drawn from known distributions and go through compare() and confirm() as documents; seeded, so that the
// same numbers come out everywhere.
#pragma once
#include <cstdint>
#include <string>

namespace muster::power {

struct Scenario {
  std::string name;
  int cases = 200, launches = 10, families = 1000;
  double noise = 0.01;   ///< standard deviation of launches, relative
  double shared = 0;     ///< of that, the part that all cases of a launch have in common (a warm room)
  double outliers = 0;   ///< share of launches that are 15 % slower for no reason of the case
  double change = 0;     ///< of the first case of each family on the other side: -0.02 is 2 % less
  bool confirm = false;  ///< with a second stage on as many fresh launches as it asks for
  std::uint64_t seed = 1;
};

struct Outcome {
  int families = 0;
  int any_false = 0;          ///< families in which an unchanged case was called different
  int found = 0;              ///< families whose changed case was called different, in the right direction
  double suspects = 0;        ///< of a family, on the average
  double fresh_launches = 0;  ///< of each side, on the average over families that had suspects
};

Outcome simulate(Scenario const& scenario);

/// How often `--detect` finds a change of just the size that `needed` launches of each side find in 9 of 10
/// comparisons, and one that is not there: from a pilot of 5 launches of each side of a single case it goes
/// on to as many as these ask for, at most 50.
struct Detected {
  int families = 0, found = 0, any_false = 0;
  double launches = 0;  ///< of each side, on the average
};
Detected simulate_detect(int needed, int families, std::uint64_t seed = 1);

/// The largest count that `trials` of probability `p` exceed with a chance below 1 in 1,000, and the smallest
/// that they stay below as rarely.
int upper_limit(int trials, double p);
int lower_limit(int trials, double p);

}  // namespace muster::power
