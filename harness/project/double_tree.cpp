#include "harness/project/double_tree.hpp"

#include <algorithm>
#include <bit>
#include <functional>

namespace muster::project {
namespace {

/// Hangs the ranks before + 1 ... before + count below `above`, in order: even ones are inner nodes.
void hang(int before, int count, int above, std::vector<int>& parents) {
  if (count < 1) return;
  int const half = static_cast<int>(std::bit_floor(static_cast<unsigned>(count)));
  parents[static_cast<std::size_t>(before + half)] = above;
  hang(before, half - 1, before + half, parents);
  hang(before + half, count - half, before + half, parents);
}

double climb(std::vector<int> const& parents, std::vector<std::vector<int>> const& children, int rank) {
  int const above = parents[static_cast<std::size_t>(rank)];
  if (above < 0) return 0;
  return static_cast<double>(children[static_cast<std::size_t>(above)].size()) / 2 +
         climb(parents, children, above);
}

std::vector<int> renamed(std::vector<int> const& parents, std::function<int(int)> const& name) {
  std::vector<int> result(parents.size());
  for (int rank = 0; rank < static_cast<int>(parents.size()); ++rank) {
    int const above = parents[static_cast<std::size_t>(rank)];
    result[static_cast<std::size_t>(name(rank))] = above < 0 ? -1 : name(above);
  }
  return result;
}

}  // namespace

std::vector<int> first_tree(int ranks) {
  std::vector<int> parents(static_cast<std::size_t>(ranks), -1);
  hang(0, ranks - 1, 0, parents);
  return parents;
}

std::vector<int> second_tree(int ranks) {
  bool const even = ranks % 2 == 0;
  return renamed(first_tree(ranks), [=](int rank) { return even ? ranks - 1 - rank : (rank + 1) % ranks; });
}

double climb_of(std::vector<int> const& parents) {
  auto const children = children_of(parents);
  double most = 0;
  for (int rank = 0; rank < static_cast<int>(parents.size()); ++rank)
    most = std::max(most, climb(parents, children, rank));
  return most;
}

std::vector<std::vector<int>> children_of(std::vector<int> const& parents) {
  std::vector<std::vector<int>> children(parents.size());
  for (int rank = 0; rank < static_cast<int>(parents.size()); ++rank) {
    int const above = parents[static_cast<std::size_t>(rank)];
    if (above >= 0) children[static_cast<std::size_t>(above)].push_back(rank);
  }
  return children;
}

}  // namespace muster::project
