// The journals' events, sorted by case and launch.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/events.hpp"
#include "harness/core/plan.hpp"

namespace muster {

/// One rank's record with the node it came from.
struct RankAt {
  std::string node;
  RankRecord record;
};

/// What is known of one case in one launch.
struct LaunchEvents {
  std::map<int, RankAt> ranks;    ///< by rank; a later record of the same rank replaces an earlier one
  std::optional<Failure> failed;  ///< the supervisor's finding
  std::string started;            ///< UTC; "" where the case never started
  std::string phase;              ///< the last one that was entered
};

using CaseEvents = std::map<int, LaunchEvents>;  ///< by launch

struct SortedEvents {
  std::vector<CaseEvents> cases;  ///< as many as the plan has
  std::vector<Failure> strays;    ///< events of cases that the plan does not have
};

SortedEvents sort_events(Plan const& plan, std::vector<Event> const& events);

/// How one case ended in one launch: `ok` only if every planned rank reported so and no verification failed.
struct LaunchEnd {
  CaseStatus status = CaseStatus::not_run;
  std::string message;
};
LaunchEnd end_of(PlannedCase const& planned, LaunchEvents const& events);

/// What went wrong in that launch, alike messages of several ranks put together. Empty when nothing did.
std::vector<Failure> failures_of(PlannedCase const& planned, int launch, LaunchEvents const& events);

}  // namespace muster
