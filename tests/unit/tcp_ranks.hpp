// Ranks as processes of this machine that meet over sockets.
#pragma once
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "harness/group/group.hpp"

namespace muster::tests {

struct RankSettings {
  int ranks = 2;
  int fan = 16;
  double seconds = 60;  ///< in which they have to meet
  /// Name of each rank's node.
  std::function<std::string(int rank)> node = [](int) { return std::string("here"); };
  /// What each rank's launcher says: rank and size.
  std::function<std::pair<int, int>(int rank)> seat{};
};

/// As the name of a test.
inline void PrintTo(RankSettings const& settings, std::ostream* stream) {
  *stream << settings.ranks << " ranks, fan " << settings.fan;
}

/// Forks them, and gives what `body` returned in each, by rank: what was thrown as "threw: " and its message,
/// a process that died as "died", one that took longer than a minute and had to be killed as "hung".
std::vector<std::string> run_tcp_ranks(RankSettings const& settings,
                                       std::function<std::string(World&)> const& body);

}  // namespace muster::tests
