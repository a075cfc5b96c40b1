#include "harness/analyze/shift.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "harness/analyze/false_discovery.hpp"
#include "harness/analyze/launches_needed.hpp"
#include "harness/core/normal.hpp"

namespace muster {
namespace {

using Values = std::vector<double>;

TEST(Shift, IsTheMedianOfAllDifferences) {
  // differences: 3 4 5, 2 3 4, 1 2 3
  auto const shift = hodges_lehmann(Values{1, 2, 3}, Values{4, 5, 6}, 0.1);
  EXPECT_EQ(shift.estimate, 3);
  EXPECT_EQ(shift.interval.low, 1);
  EXPECT_EQ(shift.interval.high, 5);
  EXPECT_DOUBLE_EQ(shift.confidence, 0.9);
}

// 5 against 5: 2 P(U <= 2) = 8 / 252 <= 0.05 < 2 P(U <= 3), so that the interval's ends are the third
// differences.
TEST(Shift, LeavesOutWhatTheTestRejects) {
  Values const first{0, 0, 0, 0, 0}, second{1, 2, 3, 4, 5};
  auto const shift = hodges_lehmann(first, second, 0.05);
  EXPECT_EQ(shift.interval.low, 1);
  EXPECT_EQ(shift.interval.high, 5);
  EXPECT_DOUBLE_EQ(shift.confidence, 1 - 8.0 / 252);
  auto const apart = hodges_lehmann(Values{0, 10, 20, 30, 40}, second, 0.05);
  EXPECT_EQ(apart.interval.low, -37);
  EXPECT_EQ(apart.interval.high, 3);
}

TEST(Shift, TooFewValuesSayWhatTheirIntervalCovers) {
  EXPECT_LT(hodges_lehmann(Values{1, 2}, Values{3, 4}, 0.05).confidence, 0.95);
}

// 2,000 against 2,000: 4 million differences, which are not listed. Second is first plus 0.25.
TEST(Shift, ManyValuesAreSearchedNotListed) {
  Values first, second;
  for (int i = 0; i < 2000; ++i) {
    first.push_back((i * 7919) % 2000);
    second.push_back(first.back() + 0.25);
  }
  auto const shift = hodges_lehmann(first, second, 0.05);
  EXPECT_NEAR(shift.estimate, 0.25, 1e-9);
  EXPECT_NEAR(shift.interval.low + shift.interval.high, 0.5, 1e-9) << "symmetrical about it";
  EXPECT_FALSE(shift.exact);
  // by the normal approximation 1.96 deviations of u off its middle: sqrt(n^2 (2n + 1) / 12) pairs, of which
  // there are n - |d| at difference d + 0.25; over their middle each is about 2,000 pairs
  EXPECT_NEAR(shift.interval.high, 0.25 + 1.96 * std::sqrt(4001.0 / 12), 1);
}

TEST(Shift, AsManyAsAFileHoldsTakeNoMemory) {
  Values first(100'000), second(100'000);
  for (std::size_t i = 0; i < first.size(); ++i) {
    first[i] = 100 + static_cast<double>(i % 997) / 997;
    second[i] = 98 + static_cast<double>(i % 991) / 991;
  }
  auto const ratio = ratio_of(first, second, 0.05);
  EXPECT_NEAR(ratio.estimate, 98.5 / 100.5, 1e-4);
  EXPECT_LT(ratio.interval.high - ratio.interval.low, 1e-3);
}

TEST(Shift, OfLogarithmsIsARatio) {
  auto const ratio = ratio_of(Values{100, 100, 100, 100}, Values{98, 98, 98, 98}, 0.05);
  EXPECT_DOUBLE_EQ(ratio.estimate, 0.98);
  EXPECT_DOUBLE_EQ(ratio.interval.low, 0.98);
  EXPECT_DOUBLE_EQ(ratio.interval.high, 0.98);
}

TEST(FalseDiscovery, ScalesByRankAndNeverFalls) {
  EXPECT_EQ(benjamini_hochberg(Values{0.01, 0.04, 0.03, 0.5}),
            (Values{0.04, 0.04 * (4 / 3.0), 0.04 * (4 / 3.0), 0.5}));
  EXPECT_EQ(benjamini_hochberg(Values{1, 1}), (Values{1, 1}));
  EXPECT_TRUE(benjamini_hochberg(Values{}).empty());
}

TEST(Normal, QuantilesAndTailsAreInverse) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-12);
  EXPECT_NEAR(normal_below(-3), 0.0013498980316300933, 1e-15);
  EXPECT_NEAR(normal_below(normal_quantile(0.2)), 0.2, 1e-12);
}

// What simulations of the exact test need, 20,000 trials each, for 90 % power (deviation 1 %, so that a
// change of 2 % is two deviations): 0.75 deviations 42, 1: 24, 1.5: 12, 2: 8, 3: 5, 5: 4.
TEST(LaunchesNeeded, AgreeWithSimulations) {
  auto const needed = [](double deviations) { return launches_needed(0.01, std::expm1(0.01 * deviations)); };
  EXPECT_NEAR(needed(0.75), 42, 1);
  EXPECT_EQ(needed(1), 24);
  EXPECT_EQ(needed(1.5), 12);
  EXPECT_EQ(needed(2), 8);
  EXPECT_EQ(needed(3), 5);
  EXPECT_EQ(needed(5), 4);
}

// Quantiles of the noncentral t distribution, as SciPy 1.10 has them: nct.ppf(0.9, freedom, 1.959964).
TEST(LaunchesNeeded, OfAnEstimateAreMore) {
  auto const sum_of = [](int freedom) {  // from so many launches that rounding them up is nothing
    return std::sqrt(launches_needed_by_estimate(1, freedom, std::expm1(0.01)) /
                     (2e4 * std::numbers::pi / 3));
  };
  EXPECT_NEAR(sum_of(1), 15.641420, 1e-3);
  EXPECT_NEAR(sum_of(2), 6.640344, 1e-3);
  EXPECT_NEAR(sum_of(4), 4.551087, 1e-3);
  EXPECT_NEAR(sum_of(8), 3.823403, 1e-3);
  EXPECT_NEAR(sum_of(38), 3.353908, 1e-3);
  EXPECT_EQ(launches_needed_by_estimate(0, 8, 0.02), 4);
  EXPECT_LE(launches_needed_by_estimate(0.01, 2000, 0.02), launches_needed(0.01, 0.02) + 1);
}

TEST(LaunchesNeeded, AreAtLeastWhatCanReachTheLevel) {
  EXPECT_EQ(launches_needed(0, 0.02), 4);
  EXPECT_EQ(launches_needed(0, 0.02, 0.0025), 6);
  EXPECT_GE(launches_needed(0.01, 1e-9), 1000000) << "and no overflow where nothing can be told";
}

TEST(LaunchDeviation, IsOfEachGroupAboutItsOwnLevel) {
  Values const first{99, 100, 101}, second{198, 200, 202}, single{5};
  EXPECT_NEAR(launch_deviation({first, second, single}), 0.01, 1e-5);
  EXPECT_EQ(launch_deviation({single}), 0);
}

}  // namespace
}  // namespace muster
