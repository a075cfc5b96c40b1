#include "kernels/collective/pairings.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "kernels/contract/random.hpp"

namespace muster {

namespace {

constexpr std::uint64_t places_stream = 0x706C6163;

NodePair ordered(int a, int b) { return {std::min(a, b), std::max(a, b)}; }

bool share_a_node(NodePair x, NodePair y) { return x.a == y.a || x.a == y.b || x.b == y.a || x.b == y.b; }

/// Round `number` of a circle of an even number of `seats`, of which those from `nodes` on are empty: the
/// last seat meets seat `number`, and seats as far to its left meet those as far to its right.
Round circle_round(int seats, int nodes, int number) {
  Round round;
  auto const add = [&](int one, int other) {
    if (one < nodes && other < nodes) round.push_back(ordered(one, other));
  };
  int const around = seats - 1;
  add(number, around);
  for (int step = 1; step < seats / 2; ++step)
    add((number + step) % around, (number + around - step) % around);
  return round;
}

std::vector<int> dealt_places(int nodes, std::uint64_t seed) {
  std::vector<int> places(static_cast<std::size_t>(nodes));
  std::iota(places.begin(), places.end(), 0);
  for (std::size_t left = places.size(); left > 1; --left) {  // Fisher and Yates
    auto const word = random_word(stream_key(seed, places_stream), left);
    std::swap(places[left - 1], places[static_cast<std::size_t>(word % left)]);
  }
  return places;
}

}  // namespace

std::vector<Round> tournament(int nodes) {
  int const seats = nodes + nodes % 2;
  std::vector<Round> rounds;
  for (int number = 0; number + 1 < seats; ++number) rounds.push_back(circle_round(seats, nodes, number));
  return rounds;
}

std::vector<Round> random_matchings(int nodes, int rounds, std::uint64_t seed) {
  auto all = tournament(nodes);
  if (std::cmp_greater(all.size(), rounds)) all.resize(static_cast<std::size_t>(rounds));
  auto const places = dealt_places(nodes, seed);
  auto const node_at = [&](int place) { return places[static_cast<std::size_t>(place)]; };
  for (auto& round : all) {
    for (auto& pair : round) pair = ordered(node_at(pair.a), node_at(pair.b));
  }
  return all;
}

std::vector<Round> in_rounds(std::vector<NodePair> const& pairs) {
  std::vector<Round> rounds;
  for (auto const pair : pairs) {
    auto const free = std::ranges::find_if(rounds, [&](Round const& round) {
      return std::ranges::none_of(round, [&](NodePair other) { return share_a_node(pair, other); });
    });
    if (free == rounds.end()) {
      rounds.push_back({pair});
    } else {
      free->push_back(pair);
    }
  }
  return rounds;
}

}  // namespace muster
