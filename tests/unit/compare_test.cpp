#include "harness/analyze/compare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "harness/core/error.hpp"
#include "tests/fleet/fleet.hpp"

namespace muster {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

CaseResult case_of(std::string const& name, std::vector<double> const& launches) {
  CaseResult result;
  result.name = name;
  result.workload = "gemm";
  result.backend = "cuda";
  result.status = CaseStatus::ok;
  result.metric = {"flop_rate", "FLOP/s", Quantity::flops, Better::higher};
  result.verification = Verdict::judge("every element", 0, 0);
  for (double const figure : launches) {
    LaunchFigures one;
    one.index = static_cast<int>(result.launches.size());
    one.metric.median = figure;
    result.launches.push_back(one);
  }
  return result;
}

std::vector<double> const usual{99, 100, 101, 100.5, 99.5, 100.2};
std::vector<double> scaled(double factor) {
  auto values = usual;
  for (double& x : values) x *= factor;
  return values;
}

Document document_of(std::vector<CaseResult> cases) {
  Document document;
  document.run.id = "run";
  document.run.status = RunStatus::complete;
  document.run.backend = "cuda";
  document.cases = std::move(cases);
  return document;
}

Side side_of(std::string const& label, Document const& document) {
  return {label, {SideRun{label + ".json", label, &document, {}, {}}}};
}

Comparison compared(Document const& base, Document const& candidate, CompareOptions const& options = {}) {
  return compare(side_of("base", base), side_of("new", candidate), options);
}

CaseComparison one_case(CaseResult const& base, CaseResult const& candidate,
                        CompareOptions const& options = {}) {
  return compared(document_of({base}), document_of({candidate}), options).cases.at(0);
}

CaseComparison const& named(Comparison const& comparison, std::string const& name) {
  return *std::ranges::find(comparison.cases, name, &CaseComparison::name);
}

TEST(Compare, SameFiguresAreEquivalent) {
  auto const one = one_case(case_of("a", usual), case_of("a", usual));
  EXPECT_EQ(one.verdict, CaseVerdict::equivalent);
  EXPECT_DOUBLE_EQ(*one.ratio, 1);
  EXPECT_TRUE(one.gated);
}

TEST(Compare, LessIsWorseAndMoreIsBetter) {
  EXPECT_EQ(one_case(case_of("a", usual), case_of("a", scaled(0.9))).verdict, CaseVerdict::regressed);
  EXPECT_EQ(one_case(case_of("a", usual), case_of("a", scaled(1.1))).verdict, CaseVerdict::improved);
}

TEST(Compare, OfTimesMoreIsWorse) {
  auto base = case_of("a", usual), slower = case_of("a", scaled(1.1));
  base.metric = slower.metric = {"time", "s", Quantity::items, Better::lower};
  auto const one = one_case(base, slower);
  EXPECT_EQ(one.verdict, CaseVerdict::regressed);
  EXPECT_TRUE(one.worse);
}

// The planted fault of peers' tools: a failed case's figure reads as infinitely fast.
TEST(Compare, AFailedCaseIsNeverFast) {
  auto broken = case_of("a", scaled(1000));
  broken.status = CaseStatus::crashed;
  auto const comparison = compared(document_of({case_of("a", usual)}), document_of({broken}));
  EXPECT_EQ(comparison.cases[0].verdict, CaseVerdict::failed);
  EXPECT_TRUE(comparison.cases[0].worse);
  EXPECT_FALSE(comparison.cases[0].ratio);
  EXPECT_THAT(comparison.cases[0].candidate.launches, IsEmpty());
  EXPECT_THAT(comparison.means, IsEmpty());
}

TEST(Compare, AnUnverifiedCaseIsNeverFast) {
  auto unverified = case_of("a", scaled(2));
  unverified.verification = {};
  auto const one = one_case(case_of("a", usual), unverified);
  EXPECT_EQ(one.verdict, CaseVerdict::failed);
  EXPECT_THAT(one.reason, HasSubstr("candidate: its answer was not verified"));
  auto wrong = case_of("a", scaled(2));
  wrong.verification = Verdict::judge("every element", 1, 0, "row 3");
  EXPECT_EQ(one_case(case_of("a", usual), wrong).verdict, CaseVerdict::failed);
}

TEST(Compare, AFigureOfNothingIsNone) {
  for (double const bad : {0.0, -1.0, std::nan("")})
    EXPECT_EQ(one_case(case_of("a", usual), case_of("a", {100, bad, 100, 100, 100})).verdict,
              CaseVerdict::failed);
}

TEST(Compare, AMissingCaseIsListedAndANewOneToo) {
  auto const comparison = compared(document_of({case_of("gone", usual), case_of("both", usual)}),
                                   document_of({case_of("both", usual), case_of("fresh", usual)}));
  ASSERT_EQ(comparison.cases.size(), 3U);
  EXPECT_EQ(named(comparison, "gone").verdict, CaseVerdict::missing);
  EXPECT_EQ(named(comparison, "fresh").verdict, CaseVerdict::added);
  EXPECT_EQ(comparison.family, 1);
}

TEST(Compare, TooFewLaunchesHaveARatioAndNoInterval) {
  auto const one = one_case(case_of("a", {100, 101, 102}), case_of("a", {50, 51, 52}));
  EXPECT_EQ(one.verdict, CaseVerdict::inconclusive);
  EXPECT_TRUE(one.ratio);
  EXPECT_FALSE(one.ratio_interval) << "3 against 3 cover 90 %";
  CompareOptions strict;
  strict.alpha = 0.001;
  auto const five =
      one_case(case_of("a", {100, 101, 102, 103, 104}), case_of("a", {50, 51, 52, 53, 54}), strict);
  EXPECT_EQ(five.verdict, CaseVerdict::inconclusive);
  EXPECT_THAT(five.reason, HasSubstr("too few for an interval at this alpha"));
}

TEST(Compare, WhatTheBaseCouldNotDoEitherIsNotMissed) {
  auto unsupported = case_of("a", {});
  unsupported.status = CaseStatus::unsupported;
  auto const one = compared(document_of({unsupported}), document_of({})).cases.at(0);
  EXPECT_EQ(one.verdict, CaseVerdict::missing);
  EXPECT_FALSE(one.worse);
}

TEST(Compare, WhatNeitherSideCanDoIsNoFailure) {
  auto unsupported = case_of("a", {});
  unsupported.status = CaseStatus::unsupported;
  auto const one = one_case(unsupported, unsupported);
  EXPECT_EQ(one.verdict, CaseVerdict::unsupported);
  EXPECT_FALSE(one.worse);
}

TEST(Compare, ATaintedFigureIsShownAndDoesNotGate) {
  auto hot = case_of("a", scaled(0.8));
  hot.tainted = {"throttled: hw_thermal (rank 0 on a)"};
  auto const one = one_case(case_of("a", usual), hot);
  EXPECT_EQ(one.verdict, CaseVerdict::tainted);
  EXPECT_THAT(one.reason, HasSubstr("hw_thermal"));
  EXPECT_FALSE(one.gated);
  EXPECT_TRUE(one.ratio);
}

TEST(Compare, AnOversubscribedRunGatesNothing) {
  auto base = document_of({case_of("a", usual)}), candidate = document_of({case_of("a", scaled(0.5))});
  candidate.run.oversubscribed = true;
  auto const comparison = compared(base, candidate);
  EXPECT_EQ(comparison.cases[0].verdict, CaseVerdict::tainted);
  EXPECT_EQ(comparison.family, 0);
  EXPECT_THAT(comparison.notes, Contains(HasSubstr("oversubscribed")));
}

TEST(Compare, ExchangedUnitsHaveNoRatioEvenByForce) {
  auto other = case_of("a", usual);
  other.metric.unit = "B/s";
  CompareOptions force;
  force.force_incomparable = true;
  for (auto const& options : {CompareOptions{}, force}) {
    auto const one = one_case(case_of("a", usual), other, options);
    EXPECT_EQ(one.verdict, CaseVerdict::incomparable);
    EXPECT_FALSE(one.ratio);
    EXPECT_THAT(one.reason, HasSubstr("FLOP/s"));
  }
}

TEST(Compare, OtherParametersAreAnotherCase) {
  auto base = case_of("a", usual), other = case_of("a", usual);
  base.params.set("k", std::int64_t{4096});
  other.params.set("k", std::int64_t{8192});
  auto const one = one_case(base, other);
  EXPECT_EQ(one.verdict, CaseVerdict::incomparable);
  EXPECT_EQ(one.reason, "parameter k: 4096 and 8192");
  CompareOptions force;
  force.force_incomparable = true;
  auto const forced = one_case(base, other, force);
  EXPECT_EQ(forced.verdict, CaseVerdict::equivalent);
  EXPECT_THAT(forced.reason, HasSubstr("by force although not the same: parameter k: 4096 and 8192"));
}

TEST(Compare, OtherGpusAreNotComparedUnlessForced) {
  auto base = document_of({case_of("a", usual)}), other = document_of({case_of("a", scaled(2))});
  Node node;
  node.name = "n";
  node.gpus = {{"cuda", 0, "A100", "", "", 0, 0}};
  base.nodes = {node};
  node.gpus[0].name = "H100";
  other.nodes = {node};
  auto const comparison = compared(base, other);
  EXPECT_EQ(comparison.comparability, Comparability::incomparable);
  EXPECT_EQ(comparison.cases[0].verdict, CaseVerdict::incomparable);
  EXPECT_EQ(comparison.differences.at(0).what, "GPUs of a node");
  CompareOptions force;
  force.force_incomparable = true;
  auto const forced = compared(base, other, force);
  EXPECT_TRUE(forced.forced);
  EXPECT_EQ(forced.cases[0].verdict, CaseVerdict::improved);
}

Document with_fact(std::string const& name, std::string const& value) {
  auto document = document_of({case_of("a", usual)});
  Node node;
  node.name = "n";
  node.gpus = {{"cuda", 0, "A100", "", "", 0, 0, {{name, value}}}};
  document.nodes = {node};
  return document;
}

TEST(Compare, WhatIsConfiguredBlocksOrIsToldAndWhatIsOfOnePartIsNot) {
  EXPECT_EQ(compared(with_fact("ecc", "on"), with_fact("ecc", "off")).comparability,
            Comparability::incomparable);
  EXPECT_EQ(compared(with_fact("mig", "on"), with_fact("mig", "off")).comparability,
            Comparability::incomparable);
  EXPECT_EQ(compared(with_fact("driver", "550"), with_fact("driver", "555")).comparability,
            Comparability::compatible);
  EXPECT_EQ(
      compared(with_fact("power_limit_watts", "400"), with_fact("power_limit_watts", "300")).comparability,
      Comparability::compatible);
  EXPECT_EQ(compared(with_fact("serial", "1"), with_fact("serial", "2")).comparability,
            Comparability::identical);
  EXPECT_THAT(compared(with_fact("driver", "550"), with_fact("driver", "550")).differences, IsEmpty());
}

TEST(Compare, MeasuredValuesNeverMakeADifference) {
  auto base = document_of({case_of("a", usual)}), other = base;
  other.context.load_avg = {17};
  other.context.mhz_per_cpu = 1234;
  EXPECT_EQ(compared(base, other).comparability, Comparability::identical);
}

TEST(Compare, WarmerDevicesAreSaid) {
  auto cool = case_of("a", usual), warm = case_of("a", scaled(0.9));
  for (auto* one : {&cool, &warm}) {
    RankFigures rank;
    rank.telemetry = Telemetry{};
    double const degrees = one == &cool ? 50 : 72, clock = one == &cool ? 1.4e9 : 1.2e9;
    rank.telemetry->temperature_c = Range{degrees, degrees, degrees};
    rank.telemetry->clock_hz = Range{clock, clock, clock};
    one->rank_figures = {rank};
  }
  auto const one = one_case(cool, warm);
  EXPECT_THAT(one.reason, HasSubstr("22 degrees warmer"));
  EXPECT_THAT(one.reason, HasSubstr("clocks were 14.3 % lower"));
}

TEST(Compare, RunsOfOneSideArePooled) {
  auto const first = document_of({case_of("a", {100, 101, 102})}),
             second = document_of({case_of("a", {99, 98, 97})});
  auto const candidate = document_of({case_of("a", usual)});
  Side base{"base", {{"1", "1", &first, {}, {}}, {"2", "2", &second, {}, {}}}};
  auto const comparison = compare(base, side_of("new", candidate), {});
  EXPECT_THAT(comparison.cases[0].base.launches, ElementsAre(100, 101, 102, 99, 98, 97));
  EXPECT_THAT(comparison.notes, Contains(HasSubstr("launches of 2 runs are pooled")));
}

TEST(Compare, RunsThatDifferAreNotPooled) {
  auto first = document_of({case_of("a", usual)}), second = first;
  second.cases[0].params.set("k", std::int64_t{1});
  Side base{"base", {{"1", "1", &first, {}, {}}, {"2", "2", &second, {}, {}}}};
  EXPECT_EQ(compare(base, side_of("new", first), {}).cases[0].verdict, CaseVerdict::incomparable);
  second = document_of({case_of("a", {})});
  second.cases[0].status = CaseStatus::wrong;
  auto const one = compare(base, side_of("new", first), {}).cases[0];
  EXPECT_EQ(one.verdict, CaseVerdict::failed) << "one wrong run of a side is not outvoted";
}

TEST(Compare, MarginsGoByKindAndTheLastGivenOneCounts) {
  EXPECT_EQ(one_case(case_of("a", usual), case_of("a", usual)).margin, 0.02);
  CompareOptions options;
  options.margins = {{[](std::string const&) { return true; }, 0.04},
                     {[](std::string const& name) { return name == "b"; }, 0.06}};
  EXPECT_EQ(one_case(case_of("a", usual), case_of("a", usual), options).margin, 0.04);
  EXPECT_EQ(one_case(case_of("b", usual), case_of("b", usual), options).margin, 0.06);
}

// 50 unchanged cases and one that is 8 % slower, at 5 launches: among so many no q can be small.
Document many(double last, double shift, std::size_t launches) {
  std::vector<CaseResult> cases;
  for (int i = 0; i < 51; ++i) {
    std::vector<double> figures;
    for (std::size_t k = 0; k < launches; ++k)
      figures.push_back(100 * (i == 50 ? last : 1) +
                        0.01 * static_cast<double>((k * 7 + static_cast<std::size_t>(i)) % 11) +
                        (i % 2 == 0 ? shift : -shift));
    cases.push_back(case_of("case" + std::to_string(i), figures));
  }
  return document_of(std::move(cases));
}

TEST(Confirm, SuspectsAreDecidedByFreshLaunches) {
  auto const base = many(1, 0, 5), candidate = many(0.92, 0.001, 5);
  auto const first = compared(base, candidate);
  EXPECT_EQ(named(first, "case50").verdict, CaseVerdict::suspect);
  auto const open = suspects(first);
  EXPECT_THAT(open.names, ElementsAre("case50"));
  EXPECT_GE(open.launches, 5);
  auto const again = many(1, 0.0005, 6), fresh = many(0.92, 0.0007, 6), back = many(1, 0.0007, 6);
  auto const confirmed = confirm(first, side_of("base2", again), side_of("new2", fresh), {});
  EXPECT_EQ(named(confirmed, "case50").verdict, CaseVerdict::regressed);
  EXPECT_TRUE(named(confirmed, "case50").confirmed);
  EXPECT_EQ(named(confirmed, "case50").base.launches.size(), 6U) << "fresh ones alone";
  auto const cleared = confirm(first, side_of("base2", again), side_of("new2", back), {});
  EXPECT_EQ(named(cleared, "case50").verdict, CaseVerdict::equivalent);
}

TEST(Confirm, LaunchesThatMadeTheSuspectAreRefused) {
  auto const base = many(1, 0, 5), candidate = many(0.92, 0.001, 5);
  auto const first = compared(base, candidate);
  EXPECT_THROW(confirm(first, side_of("base", base), side_of("new2", candidate), {}), Error);
}

TEST(Confirm, WhatWasNotRunAgainStaysSuspect) {
  auto const base = many(1, 0, 5), candidate = many(0.92, 0.001, 5);
  auto const first = compared(base, candidate);
  auto const other = document_of({case_of("something else", usual)});
  auto const result = confirm(first, side_of("base2", other), side_of("new2", other), {});
  EXPECT_EQ(named(result, "case50").verdict, CaseVerdict::suspect);
  EXPECT_THAT(named(result, "case50").reason, HasSubstr("still to be confirmed"));
}

// Nodes differ by 8 %, launches by 0.1 %: a fourth, slow node on one side only would look like a change.
TEST(Compare, CasesOfNodesByThemselvesAreComparedOverTheNodesThatBothHave) {
  fleet::Fleet fleet;
  fleet.nodes = 3;
  fleet.gpus = 1;
  fleet.gemm_cases = 1;
  fleet.memory_cases = 0;
  fleet.collective_cases = 1;
  fleet.links = false;
  fleet.between_launches = 0.001;
  auto const base = fleet::document(fleet);
  fleet.nodes = 4;
  for (int node = 1; node < 4; ++node) fleet.faults[{node, 0}].slower = node == 3 ? 0.5 : 0;
  auto const candidate = fleet::document(fleet);
  auto const comparison = compared(base, candidate);
  auto const& gemm = comparison.cases[0];
  EXPECT_THAT(gemm.paired, HasSubstr("3 nodes"));
  EXPECT_EQ(gemm.base.launches.size(), 5U) << "a launch stays the unit";
  EXPECT_THAT(comparison.cases[1].paired, "");
  EXPECT_EQ(comparison.cases[1].verdict, CaseVerdict::incomparable) << "other ranks took part";
  EXPECT_THAT(comparison.notes, Contains(HasSubstr("cannot be paired by node")));
}

}  // namespace
}  // namespace muster
