// The cases of one launch that share a number of ranks, and how far the set of workers at hand has come with
// them.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/core/events.hpp"
#include "harness/record/stands.hpp"

namespace muster {

struct Batch {
  using Clock = std::chrono::steady_clock;

  int launch = 0;
  int ranks = 1;
  std::vector<std::size_t> left;  ///< not finished, in order
  int per_node = 0;
  std::optional<std::size_t> current{};
  std::string phase{"start"};
  /// Ranks of each case whose records have come: one node's may come when another has begun the next case.
  std::map<std::size_t, int> recorded{};
  bool began = false;                        ///< has this worker set begun a case?
  int barren_starts = 0;                     ///< worker sets in a row that ended before they began any
  std::map<std::size_t, int> nodes_taken{};  ///< how often nodes went while a case was under way
  Clock::time_point since{};
  std::filesystem::path log{};
  /// The case that hung, and its phase: settled before its workers are stopped, because a launcher lets a
  /// stopped rank go on for a moment, and what it then does must not count.
  std::optional<std::size_t> hung{};
  std::string hung_phase{};
  std::uintmax_t log_start = 0;                             ///< where this worker set's words begin
  std::vector<Stand> stands{};                              ///< that it left
  std::map<int, std::string> nodes{};                       ///< of each rank, as far as known
  std::map<std::pair<std::string, long>, int> processes{};  ///< rank of each node's process

  std::size_t at_hand() const { return hung.value_or(current.value_or(left.front())); }

  /// For another set of workers; what an earlier one left half done is done again.
  void begin();
  /// What workers say of themselves; false where it counts no more.
  bool take(Event const& event);
  /// The case at hand has come too far to go on.
  void hang();

  bool any_expired() const;  ///< has a rank said that its step takes too long?
  int ranks_heard() const;   ///< that said where they stand
  void drop_answers();       ///< somebody else may have asked earlier: what ranks did then is no news

 private:
  bool is_news(std::size_t index) const;
  void take(CaseStarted const& started);
  void take(PhaseStarted const& started);
  void take(WorkerStarted const& worker);
  void take(CaseRecord const& record);
  void take(auto const&) {}
};

}  // namespace muster
