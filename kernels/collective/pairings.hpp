// Who meets whom, round by round.
#pragma once
#include <compare>
#include <cstdint>
#include <vector>

namespace muster {

/// Two nodes that exchange data; a < b.
struct NodePair {
  int a = 0, b = 0;
  auto operator<=>(NodePair const&) const = default;
};

/// Pairs that exchange at the same time: no node is in two of them.
using Round = std::vector<NodePair>;

/// Every pair of nodes once, by the circle method: n - 1 rounds of n / 2 pairs, or n of (n - 1) / 2 where n
/// is odd, and each node rests once.
std::vector<Round> tournament(int nodes);

/// The first `rounds` rounds of a tournament in which the seed deals out the places: every round is a random
/// perfect matching (of an odd number of nodes one rests), and no two rounds share a pair. All of the
/// tournament where it has no more rounds.
std::vector<Round> random_matchings(int nodes, int rounds, std::uint64_t seed);

/// The same pairs in rounds: each in the first one that has neither of its nodes. With d pairs at the busiest
/// node, at most 2 d - 1 rounds.
std::vector<Round> in_rounds(std::vector<NodePair> const& pairs);

}  // namespace muster
