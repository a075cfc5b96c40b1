#include "harness/analyze/compare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
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
  static int runs = 0;
  document.run.id = "run " + std::to_string(++runs);
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
  CompareOptions loose;
  loose.alpha = 0.1;
  EXPECT_EQ(one_case(case_of("a", {100, 101, 102}), case_of("a", {50, 51, 52}), loose).verdict,
            CaseVerdict::regressed);
  EXPECT_THAT(five.reason, HasSubstr("fewer than 7 show nothing"));
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

CaseResult ended(CaseStatus status) {
  auto result = case_of("a", status == CaseStatus::ok ? usual : std::vector<double>{});
  result.status = status;
  return result;
}

TEST(Compare, NoStateOfTheBaseExcusesAWrongAnswer) {
  auto unverified = case_of("a", usual);
  unverified.verification = {};
  auto rejected = case_of("a", usual);
  rejected.verification = Verdict::judge("every element", 1, 0, "row 3");
  for (auto const& wrong : {ended(CaseStatus::wrong), rejected}) {
    for (auto const& base : {ended(CaseStatus::unsupported), ended(CaseStatus::crashed), unverified,
                             ended(CaseStatus::wrong), ended(CaseStatus::ok)}) {
      auto const one = one_case(base, wrong);
      EXPECT_EQ(one.verdict, CaseVerdict::failed);
      EXPECT_TRUE(one.worse);
    }
    auto const added = compared(document_of({}), document_of({wrong})).cases.at(0);
    EXPECT_EQ(added.verdict, CaseVerdict::failed);
    EXPECT_TRUE(added.worse);
  }
}

TEST(Compare, AFailureIsExcusedOnlyByOneThatWasThereBefore) {
  auto const crashed = ended(CaseStatus::crashed);
  EXPECT_TRUE(one_case(ended(CaseStatus::unsupported), crashed).worse);
  EXPECT_FALSE(one_case(crashed, crashed).worse);
  EXPECT_FALSE(one_case(crashed, ended(CaseStatus::ok)).worse);
  EXPECT_EQ(compared(document_of({}), document_of({crashed})).cases.at(0).verdict, CaseVerdict::failed);
  EXPECT_EQ(compared(document_of({}), document_of({ended(CaseStatus::unsupported)})).cases.at(0).verdict,
            CaseVerdict::added);
}

CaseResult of_nodes(Worlds const& worlds) {
  auto result = case_of("a", usual);
  result.worlds = worlds;
  return result;
}

TEST(Compare, AWrongAnswerOnOneNodeIsAFailureOfTheCase) {
  auto const one = one_case(of_nodes({8, 8, 0}), of_nodes({8, 7, 1}));
  EXPECT_EQ(one.verdict, CaseVerdict::failed);
  EXPECT_TRUE(one.worse);
  EXPECT_EQ(one.candidate.status, CaseStatus::wrong);
  EXPECT_THAT(one.reason, HasSubstr("wrong on 1 of 8 nodes"));
}

TEST(Compare, NodesThatFailedAreNamedWhereTheBaseHadThem) {
  auto const one = one_case(of_nodes({8, 8, 0}), of_nodes({8, 7, 0}));
  EXPECT_EQ(one.verdict, CaseVerdict::equivalent);
  EXPECT_THAT(one.lost_nodes, HasSubstr("only 7 of 8 nodes"));
  EXPECT_THAT(one.reason, HasSubstr("only 7 of 8 nodes"));
  EXPECT_EQ(one_case(of_nodes({8, 7, 0}), of_nodes({8, 7, 0})).lost_nodes, "");
  EXPECT_EQ(one_case(of_nodes({8, 7, 0}), of_nodes({8, 8, 0})).lost_nodes, "");
  EXPECT_NE(one_case(of_nodes({8, 7, 0}), of_nodes({8, 6, 0})).lost_nodes, "");
}

TEST(Compare, ARatioBeyondWhatNumbersHoldIsNoFigure) {
  for (bool const up : {false, true}) {
    auto const small = case_of("a", std::vector<double>(6, 1e-300)),
               large = case_of("a", std::vector<double>(6, 1e300));
    auto const comparison = compared(document_of({up ? small : large}), document_of({up ? large : small}));
    EXPECT_EQ(comparison.cases[0].verdict, CaseVerdict::failed);
    EXPECT_FALSE(comparison.cases[0].ratio);
    EXPECT_THAT(comparison.means, IsEmpty());
  }
}

TEST(Compare, ExactFiguresOfNothingAreEqual) {
  auto zero = case_of("a", std::vector<double>(6, 0.0)), one = case_of("a", std::vector<double>(6, 1.0));
  zero.metric.better = one.metric.better = Better::exact;
  EXPECT_EQ(one_case(zero, zero).verdict, CaseVerdict::equivalent);
  EXPECT_EQ(one_case(zero, zero).base.interval.high, 0);
  EXPECT_EQ(one_case(zero, one).verdict, CaseVerdict::regressed);
}

TEST(Compare, WhatOnlyTheCandidateTaintsIsWorse) {
  auto hot = case_of("a", usual);
  hot.tainted = {"throttled: hw_thermal (rank 0 on a)"};
  EXPECT_TRUE(one_case(case_of("a", usual), hot).worse);
  EXPECT_FALSE(one_case(hot, hot).worse);
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
Document many(double last, double shift, std::size_t launches, double spread = 0.01) {
  std::vector<CaseResult> cases;
  for (int i = 0; i < 51; ++i) {
    std::vector<double> figures;
    for (std::size_t k = 0; k < launches; ++k)
      figures.push_back(100 * (i == 50 ? last : 1) +
                        spread * static_cast<double>((k * 7 + static_cast<std::size_t>(i)) % 11) +
                        (i % 2 == 0 ? shift : -shift));
    cases.push_back(case_of("case" + std::to_string(i), figures));
  }
  return document_of(std::move(cases));
}

/// Case 50 is a suspect in the first stage.
struct Stages {
  Document base = many(1, 0, 5), candidate = many(0.92, 0.001, 5);
  Document again = many(1, 0.0005, 6), fresh = many(0.92, 0.0007, 6);

  Comparison first() const { return compared(base, candidate); }
  Comparison confirmed(Document const& one, Document const& other) const {
    return confirm(first(), {side_of("base", base), side_of("new", candidate)},
                   {side_of("base2", one), side_of("new2", other)}, {});
  }
  std::string doubt() const {
    return why_sides_cannot_be_told({side_of("base", base), side_of("new", candidate)},
                                    {side_of("base2", again), side_of("new2", fresh)});
  }
  CaseComparison settled(Document const& one, Document const& other) const {
    return named(confirmed(one, other), "case50");
  }
};

TEST(Confirm, SuspectsAreDecidedByFreshLaunches) {
  Stages const stages;
  EXPECT_EQ(named(stages.first(), "case50").verdict, CaseVerdict::suspect);
  auto const open = suspects(stages.first());
  EXPECT_THAT(open.names, ElementsAre("case50"));
  EXPECT_GE(open.launches, 5);
  auto const one = stages.settled(stages.again, stages.fresh);
  EXPECT_EQ(one.verdict, CaseVerdict::regressed);
  EXPECT_TRUE(one.confirmed);
  EXPECT_EQ(one.base.launches.size(), 6U) << "fresh ones alone";
  EXPECT_EQ(stages.settled(stages.again, many(1, 0.0007, 6)).verdict, CaseVerdict::equivalent);
}

/// Launches that differ by 3 % take dozens to find the margin's 2 %; half as fast is seen by few.
TEST(Confirm, AFarLargerChangeThanTheMarginTakesFewLaunches) {
  auto const base = many(1, 0, 5, 1);
  auto const launches = [&](double last) {
    auto const open = suspects(compared(base, many(last, 0.001, 5, 1)));
    EXPECT_THAT(open.names, ElementsAre("case50"));
    return open.launches;
  };
  EXPECT_EQ(launches(0.46), 5);
  EXPECT_GE(launches(0.88), 15);
}

TEST(Confirm, LaunchesThatMadeTheSuspectAreRefused) {
  Stages stages;
  EXPECT_THROW(stages.confirmed(stages.base, stages.candidate), Error);
  stages.again.run.id =
      stages.base.run.id;  // the same run gone on with: another hash, launches that were seen
  EXPECT_THROW(stages.confirmed(stages.again, stages.fresh), Error);
  stages.again.run.id = stages.fresh.run.id;
  EXPECT_THROW(stages.confirmed(stages.again, stages.fresh), Error) << "one run is no two sides";
}

void put_on(Document& document, std::string const& gpu, std::string const& driver) {
  Node node;
  node.name = "n";
  node.gpus = {{"cuda", 0, gpu, "", "", 0, 0, {{"driver", driver}}}};
  document.nodes = {node};
}

TEST(Confirm, SidesThatAreNotThoseOfTheFirstStageAreRefused) {
  Stages stages;
  for (auto* one : {&stages.base, &stages.again}) put_on(*one, "A100", "550");
  for (auto* one : {&stages.candidate, &stages.fresh}) put_on(*one, "A100", "555");
  EXPECT_EQ(stages.settled(stages.again, stages.fresh).verdict, CaseVerdict::regressed);
  try {
    stages.confirmed(stages.fresh, stages.again);
    ADD_FAILURE() << "exchanged sides were taken";
  } catch (Error const& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("base2.json was made as the candidate, not as the base (as GPU driver"));
  }
  put_on(stages.fresh, "H100", "555");
  try {
    stages.confirmed(stages.again, stages.fresh);
    ADD_FAILURE() << "another GPU was taken";
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), HasSubstr("new2.json cannot stand for the candidate (GPUs of a node"));
  }
}

/// Where the nodes are the same, by what the runs were asked for.
TEST(Confirm, ExchangedSidesAreKnownByTheirCommands) {
  Stages stages;
  auto const ask = [](Document& document, char const* data, char const* folder) {
    document.run.argv = {"muster", "run", "quick", "--data", data, "-o", folder, "--launches=10"};
  };
  ask(stages.base, "/old", "1");
  ask(stages.candidate, "/new", "2");
  ask(stages.again, "/old", "3");
  ask(stages.fresh, "/new", "4");
  stages.again.run.argv = {"muster", "run", "--launches=30", "--data=/old", "quick", "-o=5"};
  EXPECT_EQ(stages.doubt(), "");
  try {
    stages.confirmed(stages.fresh, stages.again);
    ADD_FAILURE() << "exchanged sides were taken";
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), HasSubstr("was made as the candidate, not as the base (as command tells)"));
  }
}

/// One thing of several has changed on both sides since: the other still tells.
TEST(Confirm, ExchangedSidesAreKnownByWhatHasStayed) {
  Stages stages;
  put_on(stages.base, "A100", "550");
  put_on(stages.candidate, "A100", "555");
  for (auto* one : {&stages.again, &stages.fresh}) put_on(*one, "A100", "570");
  stages.base.run.commit = stages.again.run.commit = "aaaa";
  stages.candidate.run.commit = stages.fresh.run.commit = "bbbb";
  EXPECT_EQ(stages.settled(stages.again, stages.fresh).verdict, CaseVerdict::regressed);
  EXPECT_THROW(stages.confirmed(stages.fresh, stages.again), Error);
}

TEST(Confirm, WhatCannotTellTheSidesApartIsSaid) {
  Stages stages;
  EXPECT_THAT(stages.doubt(), HasSubstr("cannot be told, since the documents say the same of both sides"));
  stages.candidate.run.commit = "bbbb";
  stages.again.run.commit = stages.fresh.run.commit = "cccc";
  EXPECT_THAT(stages.doubt(), HasSubstr("they are as neither side was in what tells these apart (muster)"));
}

TEST(Confirm, WhatFreshLaunchesDoNotDecideStaysSuspect) {
  Stages const stages;
  auto tainted = stages.fresh, larger = stages.fresh;
  auto const few = many(0.92, 0.0007, 3);
  tainted.run.oversubscribed = true;
  for (auto& one : larger.cases) one.params.set("k", std::int64_t{8192});
  auto also_larger = larger;
  also_larger.run.id = "another";
  struct Trial {
    Document const &again, &fresh;
    char const* why;
  };
  for (auto const& [again, fresh, why] :
       {Trial{stages.again, tainted, "tainted"}, Trial{stages.again, larger, "incomparable"},
        Trial{also_larger, larger, "of another case: parameter k"},
        Trial{stages.again, few, "inconclusive"}}) {
    auto const one = stages.settled(again, fresh);
    EXPECT_EQ(one.verdict, CaseVerdict::suspect) << why;
    EXPECT_TRUE(one.worse);
    EXPECT_FALSE(one.confirmed);
    EXPECT_THAT(one.reason, HasSubstr(why));
  }
}

TEST(Confirm, AFreshFailureIsOne) {
  Stages stages;
  for (auto& one : stages.fresh.cases) one.status = CaseStatus::wrong;
  EXPECT_EQ(stages.settled(stages.again, stages.fresh).verdict, CaseVerdict::failed);
}

TEST(Confirm, WhatWasNotRunAgainStaysSuspect) {
  Stages const stages;
  auto const one = stages.settled(document_of({case_of("something else", usual)}),
                                  document_of({case_of("something else", usual)}));
  EXPECT_EQ(one.verdict, CaseVerdict::suspect);
  EXPECT_THAT(one.reason, HasSubstr("still to be confirmed"));
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

// The document's figure is over all nodes, that of the nodes which both sides have may be none.
TEST(Compare, FiguresOfChosenNodesAreLookedAtAgain) {
  fleet::Fleet fleet;
  fleet.nodes = 2;
  fleet.gpus = 1;
  fleet.gemm_cases = 1;
  fleet.memory_cases = 0;
  fleet.collective_cases = 0;
  fleet.links = false;
  auto const base = fleet::document(fleet);
  fleet.nodes = 3;
  auto candidate = fleet::document(fleet);
  for (auto& rank : candidate.cases[0].rank_figures) rank.metric.median = 0;
  auto const one = compared(base, candidate).cases[0];
  EXPECT_EQ(one.verdict, CaseVerdict::failed);
  EXPECT_TRUE(one.worse);
  EXPECT_FALSE(one.ratio);
  EXPECT_THAT(one.reason, HasSubstr("candidate: over the nodes that both sides have"));
}

}  // namespace
}  // namespace muster
