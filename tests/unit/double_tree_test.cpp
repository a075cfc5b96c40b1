#include "harness/project/double_tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace muster::project {
namespace {

int roots(std::vector<int> const& parents) { return static_cast<int>(std::ranges::count(parents, -1)); }

bool reaches_root(std::vector<int> const& parents, int rank) {
  for (std::size_t steps = 0; steps <= parents.size(); ++steps) {
    if (rank < 0) return true;
    rank = parents[static_cast<std::size_t>(rank)];
  }
  return false;
}

TEST(DoubleTree, FirstOfEightByHand) {
  EXPECT_EQ(first_tree(8), (std::vector{-1, 2, 4, 2, 0, 6, 4, 6}));
  EXPECT_EQ(second_tree(8), (std::vector{1, 3, 1, 7, 5, 3, 5, -1}));
}

TEST(DoubleTree, EveryRankReachesTheOneRootAndNoneHasMoreThanTwoBelow) {
  for (int ranks = 1; ranks < 70; ++ranks) {
    for (auto const& tree : {first_tree(ranks), second_tree(ranks)}) {
      EXPECT_EQ(roots(tree), 1) << ranks;
      for (int rank = 0; rank < ranks; ++rank) EXPECT_TRUE(reaches_root(tree, rank)) << ranks << " " << rank;
      for (auto const& children : children_of(tree)) EXPECT_LE(children.size(), 2U) << ranks;
    }
  }
}

// Nobody adds up for two others in both trees.
TEST(DoubleTree, InnerRanksOfOneAreLeavesOfTheOther) {
  for (int ranks = 4; ranks < 70; ++ranks) {
    auto const first = children_of(first_tree(ranks)), second = children_of(second_tree(ranks));
    for (std::size_t rank = 0; rank < first.size(); ++rank)
      EXPECT_LE(first[rank].size() + second[rank].size(), 3U) << ranks << " " << rank;
  }
}

// 0 alone above 4, 4 above two, and these above two each.
TEST(DoubleTree, ClimbsByHand) {
  EXPECT_EQ(climb_of(first_tree(8)), 2.5);
  EXPECT_EQ(climb_of(first_tree(2)), 0.5);
  EXPECT_EQ(climb_of(first_tree(1)), 0);
}

}  // namespace
}  // namespace muster::project
