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
