#include "harness/project/failure_model.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace muster::project {
namespace {

constexpr double day = 86'400, hour = 3'600;

double young_interval(Interruptions const& one) { return std::sqrt(2 * one.write * one.mtbf); }

struct Row {
  double per_thousand_node_days, mtbf_hours, quick, slow;
};

// Young's interval, 720 nodes; quick: write 30 s, restart 300 s; slow: 120 and 900 s. Computed by hand from
// the formula.
TEST(Goodput, OfPublishedRatesOn720Nodes) {
  for (auto const& row : std::vector<Row>{{2.34, 14.2, 0.961, 0.917},
                                          {3.79, 8.8, 0.948, 0.889},
                                          {6.50, 5.1, 0.929, 0.846},
                                          {15.6, 2.1, 0.878, 0.730},
                                          {23.7, 1.4, 0.841, 0.643}}) {
    double const mtbf = mean_time_between_failures(row.per_thousand_node_days / 1000 / day, 720);
    EXPECT_NEAR(mtbf / hour, row.mtbf_hours, 0.05);
    Interruptions const quick{mtbf, 300, 30}, slow{mtbf, 900, 120};
    EXPECT_NEAR(goodput(quick, young_interval(quick)), row.quick, 0.0006) << row.per_thousand_node_days;
    EXPECT_NEAR(goodput(slow, young_interval(slow)), row.slow, 0.0006) << row.per_thousand_node_days;
  }
}

TEST(Goodput, IsHighestAtTheBestInterval) {
  for (double const mtbf : {1.5 * hour, 10 * hour, 30 * day}) {
    Interruptions const one{mtbf, 300, 60};
    double const best = best_interval(one);
    for (double const other : {0.5 * best, 0.9 * best, 1.1 * best, 2 * best, young_interval(one)}) {
      EXPECT_GT(goodput(one, best), goodput(one, other)) << mtbf << " s, " << other << " s";
    }
    EXPECT_NEAR(best / young_interval(one), 1, 0.15);
  }
}

TEST(Goodput, NothingIsLeftWhereRestartsTakeLongerThanFailures) {
  Interruptions const hopeless{100, 300, 60};
  EXPECT_EQ(best_interval(hopeless), 0);
  EXPECT_EQ(goodput(hopeless, 10), 0);
}

Scenario failing(double per_thousand_node_days) {
  Scenario one;
  one.failures = FailurePart{{per_thousand_node_days / 1000 / day, "test"}, {300, "test"}, {30, "test"}};
  return one;
}

TEST(Availability, WithoutFailuresIsAll) {
  EXPECT_EQ(availability(Scenario{}, 720, 1e12).goodput, 1);
  EXPECT_EQ(availability(failing(0), 720, 1e12).goodput, 1);
  EXPECT_EQ(availability(failing(0), 720, 1e12).interval, 0);
}

TEST(Availability, FallsWithNodesAndPulls) {
  auto const scenario = failing(6.5);
  double before = 1;
  for (int nodes = 1; nodes < 100'000; nodes *= 2) {
    double const now = availability(scenario, nodes, 0).goodput;
    EXPECT_LE(now, before);
    EXPECT_GE(now, 0);
    before = now;
  }
  EXPECT_LT(before, 0.1);
  EXPECT_LT(availability(scenario, 720, 0, 1).goodput, availability(scenario, 720, 0).goodput);
}

TEST(Availability, LargeCheckpointsTakeStoragesTime) {
  auto scenario = failing(6.5);
  scenario.storage.emplace();
  scenario.storage->bandwidth = {1e9, "test"};
  double const small = availability(scenario, 720, 1e9).goodput;
  EXPECT_EQ(small, availability(scenario, 720, 0).goodput);
  EXPECT_LT(availability(scenario, 720, 200e9).goodput, small);
}

TEST(Availability, FreeCheckpointsAreOneASecond) {
  auto scenario = failing(6.5);
  scenario.failures->checkpoint_write = {0, "test"};
  auto const found = availability(scenario, 720, 0);
  EXPECT_EQ(found.interval, 1);
  EXPECT_NEAR(found.goodput, 1 - 300.5 / found.mtbf, 1e-12);
}

}  // namespace
}  // namespace muster::project
