#include "harness/project/left_out.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace muster::project {
namespace {

/// Published figures that are `lost` slower with each of four doublings, and scattered by `scatter`.
std::vector<PredictedSample> samples(std::string const& family, int count, double lost, double scatter) {
  std::vector<PredictedSample> all;
  for (int i = 0; i < count; ++i) {
    double const off = scatter * (i % 2 == 0 ? 1 : -1);
    PredictedSample sample{family, true, {.doublings = 4, .unmeasured = false}, std::exp(4 * lost + off), 1};
    for (int pull = -10; pull <= 10; ++pull) sample.draws.push_back({1, pull / 5.0});
    all.push_back(sample);
  }
  return all;
}

std::vector<PredictedSample> joined(std::vector<PredictedSample> one,
                                    std::vector<PredictedSample> const& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

TEST(LeftOut, WhatDoublingsCostIsFoundOnTheOtherFamilies) {
  auto const found =
      found_without_each(joined(samples("a", 30, 0.005, 0.001), samples("b", 30, 0.02, 0.001)));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].family, "a");
  EXPECT_NEAR(found[0].lost, 0.02, 0.0006);  // of b alone
  EXPECT_NEAR(found[1].lost, 0.005, 0.0006);
  EXPECT_DOUBLE_EQ(error_for(found, "b").lost, found[1].lost);
}

TEST(LeftOut, BandsAreAsWideAsTheOthersNeed) {
  auto const found = found_without_each(joined(samples("a", 30, 0.01, 0.01), samples("b", 30, 0.01, 0.2)));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_GT(found[0].width, 4 * found[1].width);
  EXPECT_NEAR(error_for(found, "a").base, ModelError{}.base * found[0].width, 1e-12);
}

TEST(LeftOut, FewOthersSayNothing) {
  auto const found =
      found_without_each(joined(samples("few", 5, 0.02, 0), samples("many", 30, 0.005, 0.001)));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].family, "few");
  EXPECT_DOUBLE_EQ(error_for(found, "many").lost, ModelError{}.lost);
}

TEST(LeftOut, PointsWithUnknownPremisesSayNothing) {
  auto unknown = samples("b", 30, 0.02, 0);
  for (auto& one : unknown) one.known = false;
  auto const found = found_without_each(joined(samples("a", 30, 0.005, 0.001), unknown));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].family, "b");
}

}  // namespace
}  // namespace muster::project
