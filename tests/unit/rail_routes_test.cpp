#include "harness/project/rail_routes.hpp"

#include <gtest/gtest.h>

namespace muster::project {
namespace {

SimulatedJob leaves_of_four(int nodes) {
  SimulatedJob job;
  job.nodes = nodes, job.leaf_nodes = 4, job.spines = 4;
  return job;
}

TEST(RailRoutes, FillsLeavesOrGoesRound) {
  auto job = leaves_of_four(12);
  EXPECT_EQ(RailRoutes(job).leaves(), 3);
  EXPECT_EQ(RailRoutes(job).place(5).leaf, 1);
  EXPECT_EQ(RailRoutes(job).place(5).slot, 1);
  job.scattered = true;
  EXPECT_EQ(RailRoutes(job).place(5).leaf, 2);
  EXPECT_EQ(RailRoutes(job).place(5).slot, 1);
}

TEST(RailRoutes, SpinesAreChosenByTheDestination) {
  RailRoutes const routes(leaves_of_four(12));
  EXPECT_EQ(routes.spine(0, 3), std::nullopt);
  EXPECT_EQ(routes.spine(0, 6), 2);
  EXPECT_EQ(routes.spine(9, 6), 2);
}

TEST(RailRoutes, ADeadUplinksTrafficTakesTheNextBothWays) {
  auto job = leaves_of_four(12);
  job.dead_uplinks = 1;
  RailRoutes const routes(job);
  EXPECT_EQ(routes.spine(3, 4), 1);
  EXPECT_EQ(routes.spine(4, 0), 1);
  EXPECT_EQ(routes.spine(4, 8), 0);  // between other leaves
}

TEST(RailRoutes, ARingInOrderLeavesALeafOnce) {
  EXPECT_EQ(RailRoutes(leaves_of_four(12)).most_on_one_uplink(ring_pairs(12)), 1);
  EXPECT_EQ(RailRoutes(leaves_of_four(4)).most_on_one_uplink(ring_pairs(4)), 0);
}

TEST(RailRoutes, ScatteredRanksShareWhatUplinksThereAre) {
  auto job = leaves_of_four(12);
  job.scattered = true;
  EXPECT_EQ(RailRoutes(job).most_on_one_uplink(ring_pairs(12)), 1);
  job.spines = 2;
  EXPECT_EQ(RailRoutes(job).most_on_one_uplink(ring_pairs(12)), 2);
  job.spines = 4, job.dead_uplinks = 1;
  EXPECT_EQ(RailRoutes(job).most_on_one_uplink(ring_pairs(12)), 2);
}

TEST(RailRoutes, TreesSendBothWaysAlongEveryEdge) {
  EXPECT_EQ(tree_pairs(8).size(), 2U * 2U * 7U);
  EXPECT_EQ(ring_pairs(8).size(), 8U);
}

}  // namespace
}  // namespace muster::project
