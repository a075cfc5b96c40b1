#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "harness/project/draws.hpp"
#include "harness/project/figures.hpp"
#include "tests/unit/project_scenarios.hpp"

namespace muster::project {
namespace {

Scenario with_peaks(Scenario scenario, double fp16, double fp64) {
  scenario.nodes = 16;
  scenario.gpu.fp16_peak = {fp16, "data sheet"};
  scenario.gpu.fp64_peak = Stated{fp64, "data sheet"};
  return scenario;
}

std::vector<ProjectedFigure> figures_of(Scenario const& scenario) {
  CollectiveModel const sums(scenario, {});
  return cluster_figures({{}, scenario, sums, {make_draws(10, 1)}});
}

bool has(std::vector<ProjectedFigure> const& figures, std::string_view name) {
  return std::ranges::find(figures, name, &ProjectedFigure::name) != figures.end();
}

TEST(ClusterFigures, OfA100SystemsAreNotGivenForOtherGpus) {
  auto const a100 = figures_of(with_peaks(a100_scenario(8), 312e12, 19.5e12));
  auto const h100 = figures_of(with_peaks(h100_scenario(8), 989e12, 67e12));
  for (auto const* name : {"hpl_rate", "rank_november_2020", "rank_june_2021", "start_up"}) {
    EXPECT_TRUE(has(a100, name)) << name;
    EXPECT_FALSE(has(h100, name)) << name;
  }
  EXPECT_TRUE(has(h100, "peak_fp64"));
}

TEST(ClusterFigures, SayWhoSaidHowManyNics) {
  auto scenario = with_peaks(a100_scenario(4), 312e12, 19.5e12);
  scenario.node.source = "assumed: half";
  scenario.node.nic_bandwidth.source = "data sheet";
  auto const figures = figures_of(scenario);
  auto const found = std::ranges::find(figures, "injection_bandwidth", &ProjectedFigure::name);
  ASSERT_NE(found, figures.end());
  EXPECT_THAT(found->note, testing::HasSubstr("4 NICs a node (assumed: half)"));
  EXPECT_THAT(found->note, testing::HasSubstr("(data sheet)"));
}

}  // namespace
}  // namespace muster::project
