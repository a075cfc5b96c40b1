#include "harness/project/alpha_beta.hpp"

#include <gtest/gtest.h>

#include "harness/project/nccl_model.hpp"
#include "project_scenarios.hpp"

namespace muster::project {
namespace {

constexpr double gibi = 1 << 30;

TEST(AlphaBeta, RingsByHand) {
  EXPECT_DOUBLE_EQ(ring_all_reduce_time({1e-6, 1e9}, 4e6, 4), 6 * (1e-6 + 1e-3));
  EXPECT_DOUBLE_EQ(reduce_scatter_time({1e-6, 1e9}, 4e6, 4), 3 * (1e-6 + 1e-3));
  // 1 GB around 720 HDR NICs: what a simulation without latency is held against
  EXPECT_NEAR(ring_all_reduce_time({0, 25e9}, 1e9, 720), 0.079889, 1e-6);
}

TEST(AlphaBeta, TreesByHand) {
  EXPECT_DOUBLE_EQ(double_tree_all_reduce_time({1e-6, 1e9}, 4e6, 8), 6e-6 + 8e-3);
  EXPECT_LT(double_tree_all_reduce_time({1e-6, 1e9}, 8, 720), ring_all_reduce_time({1e-6, 1e9}, 8, 720) / 70);
}

TEST(AlphaBeta, OneRankHasNothingToDo) {
  EXPECT_EQ(ring_all_reduce_time({1, 1}, 1e9, 1), 0);
  EXPECT_EQ(double_tree_all_reduce_time({1, 1}, 1e9, 1), 0);
  EXPECT_EQ(hierarchical_all_reduce_time({1, 1}, {1, 1}, 1e9, 1, 1), 0);
}

TEST(AlphaBeta, HierarchyOfOneNodeOrOneGpuIsARing) {
  Link const inside{1e-6, 230e9}, rail{5e-6, 25e9};
  EXPECT_DOUBLE_EQ(hierarchical_all_reduce_time(inside, rail, 1e9, 1, 8),
                   ring_all_reduce_time(inside, 1e9, 8));
  EXPECT_DOUBLE_EQ(hierarchical_all_reduce_time(inside, rail, 1e9, 64, 1),
                   ring_all_reduce_time(rail, 1e9, 64));
}

TEST(AlphaBeta, ARingTakesItsSlowestLinksSpeed) {
  Link const link{0, 25e9};
  EXPECT_DOUBLE_EQ(ring_all_reduce_time(slowed(link, 0.5), 1e9, 256),
                   2 * ring_all_reduce_time(link, 1e9, 256));
  EXPECT_DOUBLE_EQ(slowed({3e-6, 1}, 0.5).latency, 3e-6);
}

double nccl_time(Topology const& topology, double bytes, Algorithm algorithm) {
  return all_reduce_by(topology, bytes, algorithm).value().seconds;
}

// Where bytes decide, to the factors that the header gives.
TEST(AlphaBeta, AgreesWithNcclWhereBytesDecide) {
  double const bytes = 1024 * 1024 * gibi;
  for (int const nodes : {3, 32, 720}) {
    auto const topology = topology_of(a100_scenario(8), nodes, 8);
    Link const all{0, topology.channels * topology.channel_bandwidth};
    double const ring = nccl_time(topology, bytes, Algorithm::ring);
    EXPECT_NEAR(ring / ring_all_reduce_time(all, bytes, nodes * 8), 1, 0.01) << nodes;
    double const hierarchical = hierarchical_all_reduce_time({0, 240e9}, {0, 24e9}, bytes, nodes, 8);
    EXPECT_GT(hierarchical / ring, 1.4) << nodes;
    EXPECT_LT(hierarchical / ring, 1.75) << nodes;
    double const tree = nccl_time(topology, bytes, Algorithm::tree);
    EXPECT_NEAR(tree / double_tree_all_reduce_time({0, 8 * 17.8e9}, bytes, nodes), 1, 0.01) << nodes;
  }
}

TEST(AlphaBeta, OneRailAgreesWithNcclToo) {
  auto const rail = topology_of(a100_scenario(8), 720, 1);
  double const ring = nccl_time(rail, 1024 * gibi, Algorithm::ring);
  EXPECT_NEAR(ring / ring_all_reduce_time({0, 24e9}, 1024 * gibi, 720), 1, 0.01);
}

}  // namespace
}  // namespace muster::project
