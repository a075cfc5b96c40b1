#include "harness/project/simulate/tree.hpp"

#include <algorithm>
#include <utility>

#include "harness/project/double_tree.hpp"

namespace muster::project {

Tree::Tree(Network& network, std::vector<int> hosts, std::vector<int> const& parents, std::uint64_t chunk,
           int chunks)
    : network_(network),
      hosts_(std::move(hosts)),
      parents_(parents),
      children_(children_of(parents)),
      chunk_(chunk),
      chunks_(chunks),
      up_(hosts_.size()),
      down_(hosts_.size()) {}

void Tree::begin() {
  for (std::size_t rank = 0; rank < hosts_.size(); ++rank) send_if_ready(rank, true);
}

int Tree::summed(std::size_t rank) const {
  int fewest = chunks_;
  for (int const child : children_[rank])
    fewest = std::min(fewest, up_[static_cast<std::size_t>(child)].arrived);
  return fewest;
}

int Tree::known(std::size_t rank) const { return parents_[rank] < 0 ? summed(rank) : down_[rank].arrived; }

void Tree::send_if_ready(std::size_t rank, bool up) {
  if (parents_[rank] < 0) return;
  auto const above = static_cast<std::size_t>(parents_[rank]);
  auto& lane = (up ? up_ : down_)[rank];
  int const ready = up ? summed(rank) : known(above);
  if (lane.sent > lane.arrived || lane.sent >= ready) return;
  ++lane.sent;
  auto const arrived = [this, rank, up] { arrive(rank, up); };
  network_.send(hosts_[up ? rank : above], hosts_[up ? above : rank], chunk_, arrived);
}

void Tree::results_arrived(std::size_t rank) {
  for (int const child : children_[rank]) send_if_ready(static_cast<std::size_t>(child), false);
}

void Tree::arrive(std::size_t rank, bool up) {
  ++(up ? up_ : down_)[rank].arrived;
  send_if_ready(rank, up);
  if (!up) return results_arrived(rank);
  auto const above = static_cast<std::size_t>(parents_[rank]);
  if (parents_[above] < 0) return results_arrived(above);
  send_if_ready(above, true);
}

}  // namespace muster::project
