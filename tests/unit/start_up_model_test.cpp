#include "harness/project/start_up_model.hpp"

#include <gtest/gtest.h>

namespace muster::project {
namespace {

// numpy.polyfit(log([1, 128, 512, 1, 128, 527, 128]), log([17, 66, 271, 37, 78, 118, 383]), 1):
// 0.3196, 3.2376
TEST(StartUp, FollowsThePublishedPoints) {
  EXPECT_NEAR(start_up_seconds(1), 25.47, 0.01);
  EXPECT_NEAR(start_up_seconds(720), 208.55, 0.01);
}

TEST(StartUp, GrowsWithNodesAndPulls) {
  double before = 0;
  for (int nodes = 1; nodes < 100'000; nodes *= 2) {
    EXPECT_GT(start_up_seconds(nodes), before);
    before = start_up_seconds(nodes);
  }
  EXPECT_GT(start_up_seconds(64, 1), start_up_seconds(64));
}

/// Eight of ten published points should lie between p10 and p90: here six of seven.
TEST(StartUp, TheBandHoldsMostPublishedPoints) {
  struct Point {
    int nodes;
    double seconds;
  };
  int inside = 0;
  for (auto const& point : {Point{1, 17}, Point{1, 37}, Point{128, 66}, Point{128, 78}, Point{512, 271},
                            Point{527, 118}, Point{128, 383}}) {
    inside += point.seconds > start_up_seconds(point.nodes, -1.2816) &&
              point.seconds < start_up_seconds(point.nodes, 1.2816);
  }
  EXPECT_EQ(inside, 6);
}

}  // namespace
}  // namespace muster::project
