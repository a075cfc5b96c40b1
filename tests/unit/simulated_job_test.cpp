#include "harness/project/simulated_job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "harness/core/error.hpp"
#include "harness/project/alpha_beta.hpp"
#include "harness/project/expected_time.hpp"
#include "harness/project/simulated_jobs.hpp"
#include "harness/report/simulation_table.hpp"
#include "project_scenarios.hpp"

namespace muster::project {
namespace {

using testing::HasSubstr;

SimulatedJob hdr_ring(int nodes) {
  SimulatedJob job;
  job.nodes = nodes, job.bytes = 1e9, job.nic_bandwidth = job.uplink_bandwidth = 25e9;
  return job;
}

Scenario cluster() {
  auto scenario = a100_scenario(8);
  scenario.fabric.switch_latency = {130e-9, "test"};
  scenario.storage.emplace();
  scenario.storage->bandwidth = {1.6e12, "test"};
  return scenario;
}

std::string refused(std::vector<std::string> const& arguments) {
  try {
    job_of(arguments);
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::usage);
    return error.what();
  }
  return "taken";
}

TEST(SimulatedJob, SurvivesTheWayThroughArguments) {
  for (auto const& job : jobs_of(cluster()))
    EXPECT_EQ(to_arguments(job_of(to_arguments(job))), to_arguments(job));
}

TEST(SimulatedJob, RefusesWhatIsNone) {
  std::vector<std::string> const good{"ring", "nodes=8", "bytes=1e9", "nic_bandwidth=25e9",
                                      "uplink_bandwidth=25e9"};
  EXPECT_EQ(job_of(good).nodes, 8);
  for (auto const* wrong : {"nodes=1", "nodes=x", "nodes=8x", "nodes", "slow_nic=0", "slow_nic=nan",
                            "rails=3", "dead_uplinks=1", "colour=3", "uplink_bandwidth=0"}) {
    auto arguments = good;
    if (std::string(wrong) == "dead_uplinks=1") arguments.push_back("spines=1");
    arguments.push_back(wrong);
    EXPECT_THAT(refused(arguments), HasSubstr("is no part of a job")) << wrong;
  }
  EXPECT_THAT(refused({}), HasSubstr("nothing"));
  EXPECT_THAT(refused({"star"}), HasSubstr("star"));
}

TEST(SimulatedJobs, NamesAreDifferentAndFaultsStandOnFullLeaves) {
  auto const jobs = jobs_of(cluster());
  std::set<std::pair<std::string, int>> names;
  for (auto const& job : jobs) EXPECT_TRUE(names.emplace(job.name, job.nodes).second) << job.name;
  auto const scattered = std::ranges::find(jobs, "ring, scattered", &SimulatedJob::name);
  ASSERT_NE(scattered, jobs.end());
  EXPECT_EQ(scattered->nodes, 120);
}

TEST(SimulatedJobs, NetworksOfThousandsAreSimulatedInPart) {
  auto scenario = cluster();
  scenario.nodes = 3456;
  auto const jobs = jobs_of(scenario);
  EXPECT_EQ(jobs.front().nodes, most_nodes);
  EXPECT_EQ(jobs.back().nodes, 3456);  // reads are quick
}

bool is_scattered(Scenario const& scenario) {
  return std::ranges::any_of(jobs_of(scenario), &SimulatedJob::scattered);
}

TEST(SimulatedJobs, PlacementNeedsTwoFullLeaves) {
  auto scenario = cluster();
  scenario.nodes = 12, scenario.fabric.leaf_nodes = 4;
  EXPECT_TRUE(is_scattered(scenario));
  scenario.fabric.leaf_nodes = 7;
  EXPECT_FALSE(is_scattered(scenario));
}

TEST(SimulatedJobs, OneNodeHasNoNetworkAndNothingDescribedIsNothingSimulated) {
  auto scenario = cluster();
  scenario.nodes = 1;
  auto const jobs = jobs_of(scenario);
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs.front().shape, Shape::reads);
  scenario.storage.reset();
  EXPECT_TRUE(jobs_of(scenario).empty());
}

TEST(ExpectedTime, IsTheAnalyticCores) {
  auto job = hdr_ring(20);
  EXPECT_DOUBLE_EQ(expected_time(job).seconds, ring_all_reduce_time({0, 25e9}, 1e9, 20));
  job.slow_nic = 0.5;
  EXPECT_DOUBLE_EQ(expected_time(job).seconds, ring_all_reduce_time({0, 12.5e9}, 1e9, 20));
  job.slow_nic = 1, job.nodes = 120, job.scattered = true, job.spines = 10;
  EXPECT_DOUBLE_EQ(expected_time(job).seconds, ring_all_reduce_time({0, 12.5e9}, 1e9, 120));
}

// 8 ranks: 1 + 2 / chunks of 2 S / B.
TEST(ExpectedTime, TreesComeNearTheirLimitInManyChunks) {
  auto job = hdr_ring(8);
  job.shape = Shape::double_tree, job.chunks = 8;
  EXPECT_DOUBLE_EQ(expected_time(job).seconds, 0.08 * (1 + 2.0 / 8));
  EXPECT_NEAR(expected_time(job).lowest, 1.125 / 1.25 - 1 - rounding_band, 1e-12);
  EXPECT_NEAR(expected_time(job).highest, 1.5 / 1.25 - 1 + rounding_band, 1e-12);
  job.chunks = 1024;
  EXPECT_NEAR(expected_time(job).seconds, 0.08, 0.0002);
}

TEST(ExpectedTime, RoutesThatMeetWidenTheBandUpwards) {
  auto job = hdr_ring(64);
  job.shape = Shape::double_tree, job.chunks = 32;
  auto const meet = expected_time(job);
  job.leaf_nodes = 64;
  auto const alone = expected_time(job);
  EXPECT_DOUBLE_EQ(meet.seconds, alone.seconds);
  EXPECT_GT(meet.highest, alone.highest + 0.2);
  EXPECT_DOUBLE_EQ(meet.lowest, alone.lowest);
}

TEST(SimulationTable, MarksWhatLiesOutside) {
  EXPECT_EQ(simulations_text({}), "");
  std::vector<Simulation> const two{{"s", "good", "", 8, 1, 1.01, 1, -0.02, 0.02, 3},
                                    {"s", "bad", "", 8, 1, 1.05, 1, -0.02, 0.02, 3}};
  auto const text = simulations_text(two);
  EXPECT_THAT(text, HasSubstr("+1.0 % "));
  EXPECT_THAT(text, HasSubstr("+5.0 % !"));
  EXPECT_THAT(text, HasSubstr("1 of 2 outside their band"));
}

}  // namespace
}  // namespace muster::project
