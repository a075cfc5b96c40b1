#include "harness/project/half_lost.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/project/curve.hpp"
#include "harness/project/draws.hpp"

namespace muster::project {
namespace {

constexpr double day = 86'400;

/// 100 ms of compute and one bucket whose sum is seen whole: as long as n nodes take 1 ms each.
class HalfLost : public testing::Test {
 protected:
  HalfLost() {
    step_.samples = 10;
    step_.forward = 0.1;
    step_.buckets = {{1, 1}};
    step_.gpu_spread.assign(8, 1);
    step_.step_spread.assign(8, 1);
    step_.ranks = 80'000;
    step_.nodes = 10'000;  // measured on as many as any here: doublings cost nothing
    scenario_.gpus = 8;
    scenario_.nodes = 720;
  }

  int found(Limit cause) const {
    auto const all = half_lost(model());
    return std::ranges::find(all, cause, &project::HalfLost::cause)->nodes;
  }
  StepModel model() const {
    return {step_, scenario_, [](double, int nodes, int, double) { return nodes > 1 ? 1e-3 * nodes : 0; }};
  }

  /// In the middle world alone.
  int nodes_for(double rate) const { return goal_of(model(), rate, {{Draw{}}, 1, true}).nodes; }

  StepPremise step_;
  Scenario scenario_;
};

TEST_F(HalfLost, IsWhereSumsTakeAsLongAsAllElse) { EXPECT_EQ(found(Limit::communication), 100); }

TEST_F(HalfLost, SaysHowFarWasSearchedAndWhatIsBeyondTheCluster) {
  scenario_.nodes = 99;
  auto const all = half_lost(model(), 200);
  auto const& sums = *std::ranges::find(all, Limit::communication, &project::HalfLost::cause);
  EXPECT_EQ(sums.nodes, 100);
  EXPECT_TRUE(sums.beyond);
  auto const& storage = *std::ranges::find(all, Limit::storage, &project::HalfLost::cause);
  EXPECT_FALSE(storage.beyond);
  EXPECT_EQ(storage.searched, 200);
  scenario_.nodes = 100;
  EXPECT_FALSE(half_lost(model(), 200).front().beyond);
}

TEST_F(HalfLost, IsNoneWhereNothingIsLost) {
  EXPECT_EQ(found(Limit::storage), 0);
  EXPECT_EQ(found(Limit::failures), 0);
  EXPECT_EQ(found(Limit::stragglers), 0);
}

TEST_F(HalfLost, IsWhereStorageGivesHalf) {
  step_.buckets.clear();
  step_.input_bytes = 1e6;  // 80 MB a node and step
  scenario_.storage.emplace();
  scenario_.storage->bandwidth = {80e9, "test"};  // 1 ms a node
  EXPECT_EQ(found(Limit::storage), 200);
}

TEST_F(HalfLost, IsWhereFailuresTakeHalf) {
  step_.buckets.clear();
  scenario_.failures = FailurePart{{6.5 / 1000 / day, "test"}, {300, "test"}, {30, "test"}};
  int const nodes = found(Limit::failures);
  EXPECT_GT(nodes, 5'000);
  EXPECT_GE(share_of(Limit::failures, model(), nodes), 0.5);
  EXPECT_LT(share_of(Limit::failures, model(), nodes - 1), 0.5);
}

TEST_F(HalfLost, SharesOfAllCausesAddUp) {
  scenario_.failures = FailurePart{{6.5 / 1000 / day, "test"}, {300, "test"}, {30, "test"}};
  scenario_.fabric.noise = {1e-4, "test"};
  double sum = 0;
  for (Limit const cause : {Limit::compute, Limit::communication, Limit::storage, Limit::stragglers,
                            Limit::failures, Limit::unexplained}) {
    sum += share_of(cause, model(), 50);
  }
  EXPECT_NEAR(sum, 1, 1e-12);
}

TEST_F(HalfLost, ARateNeedsTheFewestNodesThatReachIt) {
  step_.buckets.clear();
  EXPECT_EQ(nodes_for(800), 1);  // 80 samples in 0.1 s
  EXPECT_EQ(nodes_for(79'999), 100);
  EXPECT_EQ(nodes_for(80'001), 101);
}

TEST_F(HalfLost, SomeRatesAreOutOfReach) {
  step_.input_bytes = 1e6;
  scenario_.storage.emplace();
  scenario_.storage->bandwidth = {1e9, "test"};  // 1,000 samples/s
  EXPECT_EQ(nodes_for(1'001), 0);
}

TEST_F(HalfLost, AGoalsBandIsThatOfTheRates) {
  step_.buckets.clear();
  Basis const basis{make_draws(100, 1), 1, true};
  auto const goal = goal_of(model(), 80'001, basis);
  EXPECT_NEAR(goal.nodes, 101, 2);
  EXPECT_LT(goal.least, goal.nodes);
  EXPECT_GT(goal.most, goal.nodes);
  EXPECT_EQ(goal_of(model(), 1e9, basis).nodes, 0);
}

}  // namespace
}  // namespace muster::project
