// The columns of collectives that follow from their time.
#include "harness/record/collective_figures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

namespace muster {
namespace {

CaseResult timed(std::vector<double> const& seconds, std::optional<double> p99 = std::nullopt) {
  CaseResult result;
  result.metric = {"bus_bandwidth", "B/s", Quantity::wire_bytes, Better::higher};
  result.work = {.bytes = 1000, .wire_bytes = 1750};
  for (double const value : seconds) {
    LaunchFigures launch;
    launch.seconds_per_op = value;
    launch.seconds_p99 = p99;
    result.launches.push_back(launch);
  }
  return result;
}

std::optional<double> figure(CaseResult const& result, std::string const& name) {
  auto const found = std::ranges::find(result.figures, name, &Figure::name);
  return found == result.figures.end() ? std::nullopt : std::optional(found->value);
}

TEST(CollectiveFigures, TimeAndAlgorithmBandwidthAreOfTheMedianLaunch) {
  auto result = timed({4e-6, 2e-6, 8e-6});
  add_collective_figures(result);
  EXPECT_DOUBLE_EQ(*figure(result, "time"), 4e-6);
  EXPECT_DOUBLE_EQ(*figure(result, "algorithm_bandwidth"), 1000 / 4e-6);
  EXPECT_FALSE(figure(result, "time_p99"));
  EXPECT_FALSE(figure(result, "wire_bandwidth"));
}

TEST(CollectiveFigures, TheTailIsGivenWhereSamplesAreSingleOperations) {
  auto result = timed({4e-6}, 9e-6);
  add_collective_figures(result);
  EXPECT_DOUBLE_EQ(*figure(result, "time_p99"), 9e-6);
}

TEST(CollectiveFigures, WhatPortsReallySentComesBeforeWhatTheAlgorithmShouldSend) {
  auto result = timed({2e-6});
  result.figures.push_back({"link_bytes", 2000, "B"});
  auto both = result;
  add_collective_figures(result);
  EXPECT_DOUBLE_EQ(*figure(result, "wire_bandwidth"), 1e9);
  both.figures.push_back({"node_sent_bytes", 3000, "B"});
  add_collective_figures(both);
  EXPECT_DOUBLE_EQ(*figure(both, "wire_bandwidth"), 1.5e9);
}

TEST(CollectiveFigures, OtherCasesAndThoseWithoutAFigureGetNone) {
  auto result = timed({2e-6});
  result.metric.quantity = Quantity::flops;
  add_collective_figures(result);
  EXPECT_TRUE(result.figures.empty());
  auto none = timed({});
  add_collective_figures(none);
  EXPECT_TRUE(none.figures.empty());
}

}  // namespace
}  // namespace muster
