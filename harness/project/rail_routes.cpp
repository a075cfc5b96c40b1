#include "harness/project/rail_routes.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "harness/project/double_tree.hpp"

namespace muster::project {
namespace {

void add_edges(std::vector<int> const& parents, Pairs& pairs) {
  for (int rank = 0; rank < static_cast<int>(parents.size()); ++rank) {
    int const above = parents[static_cast<std::size_t>(rank)];
    if (above < 0) continue;
    pairs.emplace_back(rank, above);
    pairs.emplace_back(above, rank);
  }
}

}  // namespace

RailRoutes::RailRoutes(SimulatedJob const& job)
    : leaf_nodes_(job.leaf_nodes),
      spines_(job.spines),
      leaves_((job.nodes + job.leaf_nodes - 1) / job.leaf_nodes),
      dead_(job.dead_uplinks > 0),
      scattered_(job.scattered) {}

Place RailRoutes::place(int rank) const {
  if (scattered_) return {rank % leaves_, rank / leaves_};
  return {rank / leaf_nodes_, rank % leaf_nodes_};
}

std::optional<int> RailRoutes::spine(int from, int to) const {
  auto const source = place(from), target = place(to);
  if (source.leaf == target.leaf) return std::nullopt;
  int const spine = target.slot % spines_;
  bool const gone = dead_ && spine == 0 && (source.leaf == 0 || target.leaf == 0);
  return gone ? 1 : spine;
}

int RailRoutes::most_on_one_uplink(Pairs const& pairs) const {
  std::map<std::tuple<int, int, bool>, int> messages;  // leaf, spine, upwards
  int most = 0;
  for (auto const& [from, to] : pairs) {
    auto const crossed = spine(from, to);
    if (!crossed) continue;
    most = std::max(most, ++messages[{place(from).leaf, *crossed, true}]);
    most = std::max(most, ++messages[{place(to).leaf, *crossed, false}]);
  }
  return most;
}

Pairs ring_pairs(int ranks) {
  Pairs pairs;
  for (int rank = 0; rank < ranks; ++rank) pairs.emplace_back(rank, (rank + 1) % ranks);
  return pairs;
}

Pairs tree_pairs(int ranks) {
  Pairs pairs;
  add_edges(first_tree(ranks), pairs);
  add_edges(second_tree(ranks), pairs);
  return pairs;
}

}  // namespace muster::project
