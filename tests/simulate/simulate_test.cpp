// The analytic core's sums and reads, simulated.
#include "harness/app/simulate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "harness/core/error.hpp"
#include "harness/project/alpha_beta.hpp"
#include "harness/project/expected_time.hpp"

namespace muster::project {
namespace {

class Simulate : public testing::Test {
 protected:
  void SetUp() override { setenv("MUSTER_PLUGIN_DIR", MUSTER_PLUGINS, 1); }
};

SimulatedJob hdr(Shape shape, int nodes) {
  SimulatedJob job;
  job.shape = shape, job.nodes = nodes, job.bytes = 1e9;
  job.nic_bandwidth = job.uplink_bandwidth = 25e9, job.switch_latency = 130e-9;
  return job;
}

void expect_agreement(SimulatedJob const& job) {
  auto const expected = expected_time(job);
  double const difference = simulated_seconds(job) / expected.seconds - 1;
  EXPECT_GE(difference, expected.lowest) << word(job.shape) << " " << job.nodes;
  EXPECT_LE(difference, expected.highest) << word(job.shape) << " " << job.nodes;
}

TEST_F(Simulate, RingsTakeWhatAlphaBetaSays) {
  for (int const nodes : {2, 8, 64}) {
    double const alone = ring_all_reduce_time({130e-9, 25e9}, 1e9, nodes);
    EXPECT_NEAR(simulated_seconds(hdr(Shape::ring, nodes)) / alone, 1, 0.001) << nodes;
    expect_agreement(hdr(Shape::ring, nodes));
  }
}

TEST_F(Simulate, LatencyDecidesSmallSums) {
  auto job = hdr(Shape::ring, 64);
  job.bytes = 64, job.leaf_nodes = 64;
  EXPECT_NEAR(simulated_seconds(job) / (126 * 130e-9), 1, 0.01);
}

TEST_F(Simulate, OneSlowNicHalvesAWholeRing) {
  auto job = hdr(Shape::ring, 64);
  double const healthy = simulated_seconds(job);
  job.slow_nic = 0.5;
  EXPECT_NEAR(simulated_seconds(job) / healthy, 2, 0.01);
}

TEST_F(Simulate, RailsThatShareOneNodesNicTakeTwice) {
  auto job = hdr(Shape::ring, 40);
  double const healthy = simulated_seconds(job);
  job.rails = 2;
  EXPECT_NEAR(simulated_seconds(job) / healthy, 2, 0.01);
}

TEST_F(Simulate, ScatteredRanksLoseWhatUplinksLack) {
  auto job = hdr(Shape::ring, 60);
  job.spines = 10;
  double const in_order = simulated_seconds(job);
  job.scattered = true;
  EXPECT_NEAR(simulated_seconds(job) / in_order, 2, 0.01);
  job.spines = 20;
  EXPECT_NEAR(simulated_seconds(job) / in_order, 1, 0.01);
}

TEST_F(Simulate, ADeadUplinkHurtsOnlyThoseWhoNeedAll) {
  auto job = hdr(Shape::ring, 60);
  double const healthy = simulated_seconds(job);
  job.dead_uplinks = 1;
  EXPECT_NEAR(simulated_seconds(job) / healthy, 1, 0.01);
  job.scattered = true;
  EXPECT_NEAR(simulated_seconds(job) / healthy, 2, 0.01);
  expect_agreement(job);
}

TEST_F(Simulate, TreesLieWithinTheirBand) {
  for (int const nodes : {8, 9, 20}) {
    for (int const chunks : {8, 32}) {
      auto job = hdr(Shape::double_tree, nodes);
      job.chunks = chunks;
      expect_agreement(job);
    }
  }
}

TEST_F(Simulate, TreesWhoseRoutesMeetAreSlower) {
  auto job = hdr(Shape::double_tree, 40);
  job.chunks = 32;
  expect_agreement(job);
  double const meet = simulated_seconds(job);
  job.leaf_nodes = 40;
  expect_agreement(job);
  EXPECT_GT(meet, 1.02 * simulated_seconds(job));
}

TEST_F(Simulate, HierarchicalSumsAreTheirThreeParts) {
  auto job = hdr(Shape::hierarchical, 16);
  job.gpus = 8, job.inside_bandwidth = 300e9, job.bytes = 8e9;
  EXPECT_NEAR(simulated_seconds(job) / hierarchical_all_reduce_time({0, 300e9}, {130e-9, 25e9}, 8e9, 16, 8),
              1, 0.001);
}

TEST_F(Simulate, ReadersShareAServer) {
  auto job = hdr(Shape::reads, 1);
  job.nic_bandwidth = 50e9, job.storage_bandwidth = 1.6e12;
  EXPECT_NEAR(simulated_seconds(job), 1e9 / 50e9, 1e-5);
  job.nodes = 720;
  EXPECT_NEAR(simulated_seconds(job), 720e9 / 1.6e12, 1e-3);
}

TEST_F(Simulate, SaysWhatTheProgramRefused) {
  auto job = hdr(Shape::ring, 8);
  job.rails = 3;
  try {
    simulated_seconds(job);
    ADD_FAILURE() << "taken";
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::infrastructure);
    EXPECT_THAT(error.what(), testing::HasSubstr("rails=3 is no part of a job"));
  }
}

TEST_F(Simulate, SaysWhereTheProgramIsMissing) {
  setenv("MUSTER_PLUGIN_DIR", "/nowhere", 1);
  try {
    simulator();
    ADD_FAILURE() << "found";
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::infrastructure);
    EXPECT_THAT(error.what(), testing::HasSubstr("install libsimgrid-dev"));
  }
}

}  // namespace
}  // namespace muster::project
