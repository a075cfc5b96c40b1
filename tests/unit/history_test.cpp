#include "harness/analyze/history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <random>

namespace muster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Invented runs, one a day.
class Runs {
 public:
  Document& add(double value, std::string const& driver = "550") {
    auto& document = documents_.emplace_back();
    document.run.id = "run" + std::to_string(documents_.size());
    document.run.started = "2025-01-" + std::string(documents_.size() < 10 ? "0" : "") +
                           std::to_string(documents_.size()) + "T00:00:00Z";
    document.run.status = RunStatus::complete;
    document.comparability_platform = "platform";
    document.nodes.emplace_back().name = "n1";
    document.nodes[0].software = {{"driver", driver}};
    auto& result = document.cases.emplace_back();
    result.name = "gemm/bf16";
    result.workload = "gemm";
    result.status = CaseStatus::ok;
    result.verification.status = Verdict::Status::pass;
    result.metric = {"flop_rate", "FLOP/s", Quantity::flops, Better::higher};
    LaunchFigures launch;
    for (double const factor : {0.99, 1.0, 1.02}) {
      launch.metric.median = value * factor;
      result.launches.push_back(launch);
      ++launch.index;
    }
    return document;
  }
  History history(HistoryOptions const& options = {}) const {
    std::vector<HistoryInput> inputs;
    for (auto const& document : documents_) inputs.push_back({document.run.id, "", &document});
    std::ranges::reverse(inputs);  // order comes from times, never from files
    return muster::history(inputs, options);
  }

 private:
  std::deque<Document> documents_;
};

/// No two alike, within half a percent.
double wobble(int i) { return 1 + 0.005 * std::sin(3.7 * i); }

TEST(History, NamesTheRunThatChangedAndWhatChangedWithIt) {
  Runs runs;
  for (int i = 0; i < 30; ++i) runs.add((i < 18 ? 100 : 95) * wobble(i), i < 18 ? "550" : "560");
  auto const one = runs.history({.since = 12}).cases.at(0);
  EXPECT_EQ(one.verdict, HistoryVerdict::changed);
  ASSERT_EQ(one.changes.size(), 1U);
  auto const& change = one.changes[0];
  EXPECT_EQ(runs.history().runs[change.run].id, "run19");
  EXPECT_TRUE(change.worse);
  EXPECT_TRUE(change.recent);
  EXPECT_NEAR(change.ratio, 0.95, 0.003);
  EXPECT_LE(change.interval.low, change.ratio);
  EXPECT_GE(change.interval.high, change.ratio);
  ASSERT_EQ(change.differences.size(), 1U);
  EXPECT_EQ(change.differences[0].what + change.differences[0].base + change.differences[0].candidate,
            "driver550560");
  EXPECT_FALSE(runs.history({.since = 11}).cases[0].changes[0].recent);
}

TEST(History, AChangeBelowTheMarginIsNotTold) {
  Runs runs;
  for (int i = 0; i < 30; ++i) runs.add((i < 15 ? 100 : 98.5) * wobble(i));
  EXPECT_EQ(runs.history().cases.at(0).verdict, HistoryVerdict::steady);
  EXPECT_EQ(runs.history({.margin = 0.005}).cases.at(0).changes.size(), 1U);
}

TEST(History, FewerThanTwentyRunsAreTooFew) {
  Runs runs;
  for (int i = 0; i < 19; ++i) runs.add(i < 9 ? 100 : 50);
  EXPECT_EQ(runs.history().cases.at(0).verdict, HistoryVerdict::too_few);
  runs.add(50);
  EXPECT_EQ(runs.history().cases.at(0).verdict, HistoryVerdict::changed);
}

TEST(History, RunsWithoutACleanFigureAreGapsAndNeverPoints) {
  Runs runs;
  runs.add(100);
  runs.add(1).cases[0].status = CaseStatus::crashed;
  runs.add(1).cases[0].tainted = {"clock held down"};
  runs.add(1).run.oversubscribed = true;
  runs.add(1).cases[0].verification.status = Verdict::Status::skipped;
  auto const one = runs.history().cases.at(0);
  EXPECT_EQ(one.points.size(), 1U);
  std::vector<std::string> reasons;
  for (auto const& gap : one.gaps) reasons.push_back(gap.reason);
  ASSERT_EQ(reasons.size(), 4U);
  EXPECT_EQ(reasons[1], "clock held down");
  EXPECT_THAT(reasons[2], HasSubstr("shared"));
}

TEST(History, TheGateCountsRunsAndNotACasesOwnPoints) {
  Runs runs;
  for (int i = 0; i < 26; ++i) {
    auto& document = runs.add((i < 16 ? 100 : 90) * wobble(i));
    document.cases.push_back(document.cases[0]);
    document.cases[1].name = "kept";
    for (auto& launch : document.cases[1].launches) launch.metric.median = 100 * wobble(i + 5);
    if (i >= 20) document.cases.erase(document.cases.begin());  // lost in the 21st run
  }
  EXPECT_THAT(history_gate(runs.history({.since = 10}), false).changed, ElementsAre("gemm/bf16"));
  EXPECT_TRUE(history_gate(runs.history({.since = 9}), false).changed.empty());
  EXPECT_THAT(history_gate(runs.history({.since = 6}), false).failed, ElementsAre("gemm/bf16"));
  EXPECT_TRUE(history_gate(runs.history({.since = 5}), false).failed.empty()) << "gone for longer";
  EXPECT_EQ(history_gate(runs.history({.since = 5}), false).decided, 2U);
}

TEST(History, AFailureAmongTheLastRunsFailsTheGateAndOneBeforeThemDoesNot) {
  Runs runs;
  for (int i = 0; i < 24; ++i)
    runs.add(100 * wobble(i)).cases[0].status = i == 21 ? CaseStatus::wrong : CaseStatus::ok;
  EXPECT_THAT(history_gate(runs.history({.since = 3}), false).failed, ElementsAre("gemm/bf16"));
  EXPECT_TRUE(history_gate(runs.history({.since = 2}), false).failed.empty());
  EXPECT_TRUE(history_gate(runs.history(), false).failed.empty());
}

TEST(History, WhatCouldNeverBeDoneOrWasDisturbedFailsNoGate) {
  Runs runs;
  for (int i = 0; i < 6; ++i) runs.add(100).cases[0].status = CaseStatus::unsupported;
  runs.add(100).cases[0].tainted = {"clock held down"};
  auto const gate = history_gate(runs.history({.since = 10}), false);
  EXPECT_TRUE(gate.failed.empty());
  EXPECT_EQ(gate.decided, 0U);
}

/// 200 cases, 24 runs, 3 % of noise; the case/7 loses 20 % in the last 6 where `slower`.
History history_of_noise(std::uint64_t seed, bool slower) {
  std::mt19937_64 random(seed);
  auto const noise = [&] {  // a sum of twelve, less its mean: nearly normal, the same everywhere
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(random() >> 11) * 0x1p-53;
    return sum;
  };
  Runs runs;
  for (int i = 0; i < 24; ++i) {
    auto& document = runs.add(100);
    document.cases.resize(200, document.cases[0]);
    for (int k = 0; k < 200; ++k) {
      auto& one = document.cases[static_cast<std::size_t>(k)];
      one.name = "case/" + std::to_string(k);
      double const value = (slower && k == 7 && i >= 18 ? 80 : 100) * std::exp(0.03 * noise());
      for (auto& launch : one.launches) launch.metric.median = value;
    }
  }
  return runs.history({.since = 20, .margin = 0.001});
}

/// Of so many cases some seem to change by chance: their number is corrected for, at 5 %.
TEST(History, TwoHundredCasesOfNoiseDoNotTripTheGate) {
  std::ptrdiff_t seen = 0, tripped = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    auto const history = history_of_noise(seed, false);
    seen += std::ranges::count(history.cases, HistoryVerdict::changed, &CaseHistory::verdict);
    tripped += !history_gate(history, true).changed.empty();
  }
  EXPECT_GE(seen, 3) << "or nothing had to be corrected for";
  EXPECT_LE(tripped, 1);
}

TEST(History, ARealChangeAmongTwoHundredCasesTripsTheGate) {
  EXPECT_THAT(history_gate(history_of_noise(1, true), false).changed, ElementsAre("case/7"));
}

TEST(History, OtherPlatformsAreOtherSeries) {
  Runs runs;
  for (int i = 0; i < 24; ++i) runs.add(i < 12 ? 100 : 50).comparability_platform = i < 12 ? "a" : "b";
  auto const history = runs.history();
  ASSERT_EQ(history.cases.size(), 2U);
  EXPECT_EQ(history.cases[0].points.size(), 12U);
}

TEST(History, ARunsFigureIsTheMedianOfItsLaunches) {
  Runs runs;
  runs.add(100);
  EXPECT_DOUBLE_EQ(runs.history().cases.at(0).points.at(0).median, 100);
}

}  // namespace
}  // namespace muster
