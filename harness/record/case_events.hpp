// The journals' events, sorted by case and launch.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/events.hpp"
#include "harness/core/plan.hpp"
#include "harness/record/rank_digest.hpp"

namespace muster {

/// A launch of one world: all the ranks that ran a case together.
struct LaunchKey {
  LaunchKey(int of, std::string in = {}) : launch(of), world(std::move(in)) {}
  int launch;
  std::string world;  ///< the node, where every node is a world of its own
  auto operator<=>(LaunchKey const&) const = default;
};

/// What is known of one case in one launch of one world.
struct LaunchEvents {
  std::map<int, RankDigest> ranks{};  ///< by rank; a later record of the same rank replaces an earlier one
  int world_size = 0;                 ///< as its records say; 0: as many ranks as planned
  std::optional<Failure> failed{};    ///< the supervisor's finding
  std::string started{};              ///< UTC; "" where the case never started
  std::string phase{};                ///< the last one that was entered
  std::vector<int> begun{};           ///< attempts in which it began, in order
  int attempt = 0;                    ///< of what stands here: an earlier set's records have made way
};

using CaseEvents =
    std::map<LaunchKey, LaunchEvents>;  ///< also of worlds that were to run it and left no word

struct SortedEvents {
  std::vector<CaseEvents> cases;  ///< as many as the plan has
  std::vector<Failure> strays;    ///< events of cases that the plan does not have
};

class EventSorter {
 public:
  explicit EventSorter(Plan const& plan) : plan_(plan) { sorted_.cases.resize(plan.cases.size()); }

  void add(CaseDigest digest);
  void add(CaseFailed const& event);
  void add(CaseStarted const& event);
  void add(PhaseStarted const& event);
  void add(RunPhaseStarted const& event);  ///< from here on silence of one of its nodes is a finding
  SortedEvents take() { return std::move(sorted_); }

 private:
  LaunchEvents* at(std::size_t index, LaunchKey const& key);
  LaunchEvents* at(std::size_t index, LaunchKey const& key, int attempt);

  Plan const& plan_;
  SortedEvents sorted_;
};

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
