#include "tests/power/power.hpp"

#include <gtest/gtest.h>

// What the program promises, at a size that takes a second. Limits: a program that just keeps its promise
// passes but for 1 chance in 1,000, one that breaks it by much does not. At full size: muster_power.
namespace muster::power {
namespace {

void expect_few_false(Scenario const& scenario) {
  auto const outcome = simulate(scenario);
  EXPECT_LE(outcome.any_false, upper_limit(outcome.families, 0.05)) << scenario.name;
}

void expect_found(Scenario const& scenario, double share) {
  auto const outcome = simulate(scenario);
  EXPECT_GE(outcome.found, lower_limit(outcome.families, share)) << scenario.name;
}

TEST(Power, AmongUnchangedCasesHardlyEverOneIsCalledDifferent) {
  for (int const n : {5, 10}) expect_few_false({.name = "first stage", .launches = n, .families = 200});
}

TEST(Power, ASecondStageAddsNoFalseAlarms) {
  expect_few_false({.name = "second stage", .families = 150, .confirm = true});
}

TEST(Power, WhatTheCasesOfALaunchHaveInCommonMakesNoFalseAlarms) {
  expect_few_false({.name = "shared", .families = 200, .shared = 0.9487});
}

TEST(Power, OutliersMakeNoFalseAlarms) {
  expect_few_false({.name = "outliers", .families = 200, .outliers = 0.1});
}

TEST(Power, TwoPercentAreFoundInACaseByItself) {
  expect_found({.name = "less", .cases = 1, .families = 4000, .change = -0.02}, 0.95);
  expect_found({.name = "more", .cases = 1, .families = 4000, .change = 0.02}, 0.95);
}

TEST(Power, TwoPercentAreFoundAmongTwoHundredAfterASecondStage) {
  expect_found({.name = "one of 200", .families = 150, .change = -0.02, .confirm = true}, 0.90);
}

TEST(Power, DetectFindsWhatItIsAskedForThoughItOnlyEstimates) {
  auto const outcome = simulate_detect(25, 3000);
  EXPECT_GE(outcome.found, lower_limit(outcome.families, 0.90));
  EXPECT_LE(outcome.any_false, upper_limit(outcome.families, 0.06));
}

/// The limits would be worth nothing if everything stayed within them.
TEST(Power, LimitsTellABrokenPromise) {
  EXPECT_LT(upper_limit(200, 0.05), 30);
  EXPECT_GT(lower_limit(4000, 0.95), 3700);
  auto const unnoticed =
      simulate({.name = "3 launches", .cases = 1, .launches = 3, .families = 100, .change = -0.02});
  EXPECT_EQ(unnoticed.found, 0);
  auto const weak =
      simulate({.name = "too few", .cases = 1, .launches = 5, .families = 2000, .change = -0.02});
  EXPECT_LT(weak.found, lower_limit(2000, 0.95));
}

}  // namespace
}  // namespace muster::power
