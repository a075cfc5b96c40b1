// The journals' events, sorted by case, launch and world.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/events.hpp"
#include "harness/core/plan.hpp"

namespace muster {

/// One rank's record with the node it came from.
struct RankAt {
  std::string node;
  RankRecord record;
};

/// A launch of one world: all the ranks that ran a case together.
struct LaunchKey {
  LaunchKey(int of, std::string in = {}) : launch(of), world(std::move(in)) {}
  int launch;
  std::string world;  ///< the node, where every node is a world of its own
  auto operator<=>(LaunchKey const&) const = default;
};

/// What is known of one case in one launch of one world.
struct LaunchEvents {
  std::map<int, RankAt> ranks;    ///< by rank; a later record of the same rank replaces an earlier one
  int world_size = 0;             ///< as its records say; 0: as many ranks as planned
  std::optional<Failure> failed;  ///< the supervisor's finding
  std::string started;            ///< UTC; "" where the case never started
  std::string phase;              ///< the last one that was entered
};

using CaseEvents =
    std::map<LaunchKey, LaunchEvents>;  ///< also of worlds that were to run it and left no word

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
std::vector<Failure> failures_of(PlannedCase const& planned, LaunchKey const& key,
                                 LaunchEvents const& events);

}  // namespace muster
