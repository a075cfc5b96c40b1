#include "harness/project/published_premise.hpp"

#include <gtest/gtest.h>

#include "tests/unit/published_fixture.hpp"

namespace muster::project {
namespace {

constexpr double noise = 0.2e-3;

double total_bytes(StepPremise const& premise) {
  double bytes = 0;
  for (auto const& bucket : premise.buckets) bytes += bucket.bytes;
  return bytes;
}

TEST(PublishedPremise, TheModelGivesThePublishedFigureBack) {
  auto series = published_series({published_point(16, 0.25)});
  for (auto const sums : {Sums::overlapped, Sums::after_backward})
    for (auto const sharding : {Sharding::none, Sharding::gradients, Sharding::full}) {
      series.sums = sums, series.sharding = sharding;
      auto const& point = series.points[0];
      double const batch = solve_batch(series, point, point.seconds, noise, {});
      EXPECT_LT(batch, point.seconds);
      EXPECT_NEAR(predicted_seconds(series, point, point, batch, noise, {}), 0.25, 1e-8);
    }
}

TEST(PublishedPremise, SumsThatTakeLongerThanTheStepLeaveAHundredthOfIt) {
  auto const series = published_series({published_point(16, 1e-4)});
  EXPECT_NEAR(solve_batch(series, series.points[0], 1e-4, noise, {}), 1e-6, 1e-9);
}

TEST(PublishedPremise, AccumulatedBatchesAreSummedOnceShardedOnesEachTime) {
  auto series = published_series({published_point(4, 1)});
  auto& point = series.points[0];
  point.accumulation = 4;
  auto const once = step_of(series, point, point, 0.3);
  EXPECT_DOUBLE_EQ(once.forward + once.backward, 1.2);
  EXPECT_DOUBLE_EQ(once.backward, 0.2);
  EXPECT_NEAR(total_bytes(once), 672e6, 1);
  series.sharding = Sharding::full;
  auto const sharded = step_of(series, point, point, 0.3);
  EXPECT_DOUBLE_EQ(sharded.backward, 1.2);
  EXPECT_NEAR(total_bytes(sharded), 4 * 1.5 * 672e6, 1);
  EXPECT_DOUBLE_EQ(sharded.buckets.back().ready, 1);
}

TEST(PublishedPremise, PartOfANodeIsASystemOfItsOwn) {
  auto series = published_series({published_point(1, 1)});
  series.points[0].gpus = 2;
  EXPECT_EQ(system_of(series, series.points[0], noise).gpus, 2);
  EXPECT_EQ(system_of(series, series.points[0], noise).fabric.noise.value, noise);
  series.system.fabric.noise = {1e-3, "test"};
  EXPECT_EQ(system_of(series, series.points[0], noise).fabric.noise.value, 1e-3);
}

/// Layers that 8 GPUs share leave one GPU a node to sum with.
TEST(PublishedPremise, GpusThatShareLayersSumWithThoseOfOtherNodesAlone) {
  auto series = published_series({published_point(1, 1), published_point(16, 1)});
  series.tensor = 8;
  series.sums = Sums::after_backward;
  auto const one = predicted_seconds(series, series.points[0], series.points[0], 1, 0, {});
  EXPECT_DOUBLE_EQ(one, 1);
  Draw draw;
  draw.lost = 0;
  // 15/8 of 672 MB through one NIC of 25 GB/s take 50 ms and more
  EXPECT_GT(predicted_seconds(series, series.points[1], series.points[1], 1, 0, draw), 1.05);
}

}  // namespace
}  // namespace muster::project
