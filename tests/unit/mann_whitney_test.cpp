#include "harness/analyze/mann_whitney.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace muster {
namespace {

using Values = std::vector<double>;

// Smallest two-sided p of n against n: 2 / C(2n, n).
TEST(MannWhitney, CompleteSeparationGivesTheSmallestP) {
  EXPECT_DOUBLE_EQ(mann_whitney(Values{1, 2, 3}, Values{4, 5, 6}).p, 0.1);
  EXPECT_DOUBLE_EQ(mann_whitney(Values{1, 2, 3, 4, 5}, Values{6, 7, 8, 9, 10}).p, 2.0 / 252);
  EXPECT_DOUBLE_EQ(mann_whitney(Values{6, 7, 8, 9, 10}, Values{1, 2, 3, 4, 5}).p, 2.0 / 252);
}

TEST(MannWhitney, CountsPairsInWhichTheSecondIsLarger) {
  EXPECT_EQ(mann_whitney(Values{1, 3}, Values{2, 4}).u, 3);
  EXPECT_EQ(mann_whitney(Values{1, 3}, Values{3, 3}).u, 3) << "equal pairs count half";
}

TEST(MannWhitney, EqualValuesShowNothing) {
  auto const test = mann_whitney(Values{7, 7, 7, 7, 7}, Values{7, 7, 7, 7, 7});
  EXPECT_EQ(test.p, 1);
  EXPECT_TRUE(test.exact);
}

// {1, 2, 2} and {2, 3, 4}: of the 20 choices of three of {1, 2, 2, 2, 3, 4}, three (2, 3, 4) have u >= 8,
// that of the data, so that p is 2 * 3 / 20.
TEST(MannWhitney, TiesHaveTheirOwnDistribution) {
  auto const test = mann_whitney(Values{1, 2, 2}, Values{2, 3, 4});
  EXPECT_EQ(test.u, 8);
  EXPECT_DOUBLE_EQ(test.p, 0.3);
}

// Of 2,501 values the one is the smallest with a chance of 1 in 2,501. By choices of the larger group this
// would take 8 * 10^12 additions.
TEST(MannWhitney, GroupsOfVeryUnequalSizesTakeTheSmallerOne) {
  auto const& below = rank_distribution(1, 2500);
  ASSERT_EQ(below.size(), 2501U);
  EXPECT_NEAR(below.front(), 1.0 / 2501, 1e-15);
  EXPECT_EQ(rank_distribution(2500, 1), below);
  Values one{0}, many;
  for (int i = 0; i < 400; ++i) many.push_back(1 + i / 2);
  EXPECT_TRUE(mann_whitney(one, many).exact);
  EXPECT_NEAR(mann_whitney(one, many).p, 2.0 / 401, 1e-12);
  EXPECT_NEAR(mann_whitney(many, one).p, 2.0 / 401, 1e-12);
  EXPECT_DOUBLE_EQ(mann_whitney(Values{1, 2, 2}, Values{2, 4}).p,
                   mann_whitney(Values{2, 4}, Values{1, 2, 2}).p);
}

TEST(MannWhitney, LargeGroupsAreApproximatedAndSaySo) {
  Values low, high, tied;
  for (int i = 0; i < 60; ++i) {
    low.push_back(i);
    high.push_back(i + 0.5);
    tied.push_back(i);
  }
  EXPECT_FALSE(mann_whitney(low, high).exact);
  EXPECT_NEAR(mann_whitney(low, high).p, 0.8769,
              0.0005);  // scipy.stats.mannwhitneyu(..., method="asymptotic")
  EXPECT_EQ(mann_whitney(low, tied).p, 1);
  EXPECT_TRUE(rank_distribution(51, 50).empty());
  EXPECT_FALSE(rank_distribution(50, 50).empty());
}

TEST(MannWhitney, TheDistributionIsOne) {
  auto const& below = rank_distribution(50, 50);
  EXPECT_EQ(below.size(), 2501U);
  EXPECT_DOUBLE_EQ(below.back(), 1);
  EXPECT_NEAR(below[1249] + below[1250], 1, 1e-9) << "it is symmetrical";
}

}  // namespace
}  // namespace muster
