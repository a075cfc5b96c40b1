#include "harness/record/assemble.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "harness/record/document_json.hpp"
#include "tests/unit/record_fixtures.hpp"

namespace muster {
namespace {

using test::bad_rank;
using test::fixture_registry;
using test::good_rank;
using test::plan_of;
using test::planned;
using test::record_of;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Document document_of(Plan const& plan, std::vector<Event> const& events) {
  return assemble(plan, events, fixture_registry());
}

CaseResult only_case(Plan const& plan, std::vector<Event> const& events) {
  return document_of(plan, events).cases.at(0);
}

TEST(Assemble, AStartForMoreLaunchesIsNoRestart) {
  RunStarted start;
  start.run.started = "2026-11-22T21:40:05Z";
  auto more = start;
  more.run.launches = 2;
  auto const restarts = [](std::vector<Event> const& starts) {
    return assemble(plan_of({planned("gemm", 1)}, 2), starts, test::fixture_registry()).run.restarts;
  };
  EXPECT_EQ(restarts({start}), 0);
  EXPECT_EQ(restarts({start, more}), 0);
  EXPECT_EQ(restarts({start, more, more}), 1);
  EXPECT_EQ(restarts({start, start, more}), 1);
}

TEST(Assemble, OneRanksFigureIsTheMedianOfItsSamples) {
  auto const result =
      only_case(plan_of({planned("gemm", 1)}), {record_of(0, 1, {good_rank(0, {4, 2, 1}, 2)})});
  EXPECT_EQ(result.status, CaseStatus::ok);
  ASSERT_EQ(result.launches.size(), 1U);
  LaunchFigures const& launch = result.launches[0];
  EXPECT_EQ(launch.index, 1);
  EXPECT_DOUBLE_EQ(launch.metric.median, 100);  // 100 units * 2 operations / 2 s
  EXPECT_DOUBLE_EQ(launch.metric.min, 50);
  EXPECT_DOUBLE_EQ(launch.metric.max, 200);
  EXPECT_DOUBLE_EQ(launch.metric.mean, 350.0 / 3);
  EXPECT_DOUBLE_EQ(launch.seconds_per_op, 1);
  EXPECT_EQ(launch.metric.samples, 3U);
  EXPECT_EQ(launch.iterations, 3U);
  EXPECT_EQ(launch.ops_per_sample, 2U);
  EXPECT_EQ(result.metric.unit, "FLOP/s");
  EXPECT_EQ(result.work.flops, 100U);
}

TEST(Assemble, ManyRanksAloneGiveTheMedianOfTheirMediansAndTheRangeOfAll) {
  auto const result = only_case(plan_of({planned("gemm", 3)}),
                                {record_of(0, 1, {good_rank(0, {1, 1, 1}), good_rank(1, {2, 2, 2})}, "a"),
                                 record_of(0, 1, {good_rank(2, {10, 10, 100})}, "b")});
  ASSERT_EQ(result.launches.size(), 1U);
  EXPECT_DOUBLE_EQ(result.launches[0].metric.median, 50);  // of 100, 50 and 10
  EXPECT_DOUBLE_EQ(result.launches[0].metric.min, 1);
  EXPECT_DOUBLE_EQ(result.launches[0].metric.max, 100);
  EXPECT_EQ(result.launches[0].metric.samples, 9U);
  EXPECT_EQ(result.launches[0].iterations, 3U);
  ASSERT_EQ(result.rank_figures.size(), 3U);
  EXPECT_EQ(result.rank_figures[2].node, "b");
  EXPECT_DOUBLE_EQ(result.rank_figures[2].metric.median, 10);
}

TEST(Assemble, AGroupsFigureComesFromTheSlowestRanksTimes) {
  RankRecord first = good_rank(0, {1, 1, 1}), second = good_rank(1, {4, 1, 2});
  first.group_seconds = second.group_seconds = {4, 1, 2};
  auto const result =
      only_case(plan_of({planned("collective/all_reduce", 2)}), {record_of(0, 1, {first, second})});
  ASSERT_EQ(result.launches.size(), 1U);
  EXPECT_DOUBLE_EQ(result.launches[0].metric.median, 50);
  EXPECT_DOUBLE_EQ(result.launches[0].seconds_per_op, 2);
  EXPECT_EQ(result.launches[0].metric.samples, 3U);
  EXPECT_DOUBLE_EQ(result.rank_figures[0].metric.median, 100);  // its own time: who waited for whom
}

TEST(Assemble, AGroupWithoutCommonTimesTakesTheSlowestSampleBySample) {
  auto const result = only_case(plan_of({planned("collective/all_reduce", 2)}),
                                {record_of(0, 1, {good_rank(0, {1, 5, 1}), good_rank(1, {4, 1, 2})})});
  EXPECT_DOUBLE_EQ(result.launches.at(0).seconds_per_op, 4);  // of 4, 5, 2
}

RankRecord sustained_at(int rank, double watts, std::string const& uuid) {
  RankRecord record = good_rank(rank, {2, 2, 2});
  record.group_seconds = {2, 2, 2};
  record.device_uuid = uuid;
  record.conditions.regime = "sustained";
  record.conditions.sample_ends = {2, 4, 6};
  Reading reading;
  reading.seconds = 0.1;
  reading.state.power_watts = watts;
  record.conditions.readings = {reading, reading};
  return record;
}

TEST(Assemble, WhatRanksDoTogetherTakesThePowerOfAllTheirDevicesEachOnce) {
  auto const plan = plan_of({planned("train_step", 3)});
  auto const per_joule = [&](std::vector<RankRecord> ranks) {
    return only_case(plan, {record_of(0, 1, std::move(ranks))}).per_joule;
  };
  auto const two_devices =
      per_joule({sustained_at(0, 100, "a"), sustained_at(1, 300, "b"), sustained_at(2, 300, "b")});
  ASSERT_TRUE(two_devices);
  EXPECT_DOUBLE_EQ(*two_devices, 50.0 / 400);
  auto idle = sustained_at(2, 500, "c");
  idle.work = {};
  EXPECT_DOUBLE_EQ(per_joule({sustained_at(0, 100, "a"), sustained_at(1, 300, "b"), idle}).value(),
                   50.0 / 400);
  auto silent = sustained_at(2, 1, "c");
  silent.conditions.readings.clear();
  EXPECT_FALSE(per_joule({sustained_at(0, 100, "a"), sustained_at(1, 300, "b"), silent}));
  auto const result = only_case(
      plan,
      {record_of(0, 1, {sustained_at(0, 100, "a"), sustained_at(1, 300, "b"), sustained_at(2, 300, "c")})});
  EXPECT_FALSE(result.rank_figures.at(0).per_joule) << "no rank's own";
}

TEST(Assemble, ALaterRecordOfARankReplacesTheEarlierOne) {
  auto const result = only_case(plan_of({planned("gemm", 1)}), {record_of(0, 1, {good_rank(0, {1, 1})}),
                                                                record_of(0, 1, {good_rank(0, {2, 2})})});
  ASSERT_EQ(result.launches.size(), 1U);
  EXPECT_DOUBLE_EQ(result.launches[0].metric.median, 50);
}

TEST(Assemble, AWrongAnswerInOneLaunchTakesAllNumbersOfTheCase) {
  RankRecord wrong = bad_rank(0, CaseStatus::wrong, "verify again", "element 3: got 1, expected 2");
  wrong.verification = Verdict::judge("by hand", 9, 1, "element 3: got 1, expected 2");
  Document const document =
      document_of(plan_of({planned("gemm", 1)}, 3),
                  {record_of(0, 1, {good_rank(0, {1, 1})}),
                   CaseFailed{0, {"", 2, "", -1, "sample", CaseStatus::crashed, "signal 11", ""}},
                   record_of(0, 3, {wrong})});
  CaseResult const& result = document.cases.at(0);
  EXPECT_EQ(result.status, CaseStatus::wrong);
  EXPECT_EQ(result.message, "element 3: got 1, expected 2");
  EXPECT_EQ(result.verification.status, Verdict::Status::fail);
  EXPECT_THAT(result.launches, IsEmpty());
  EXPECT_THAT(result.rank_figures, IsEmpty());
  EXPECT_FALSE(result.percent_of_bound);
  EXPECT_EQ(document.failures.size(), 2U);
  EXPECT_EQ(judge(document).code, ExitCode::wrong_numbers);
}

TEST(Assemble, ARankThatClaimsToBeOkThoughItsAnswerFailedIsNotBelieved) {
  RankRecord lying = good_rank(0, {1, 1});
  lying.verification = Verdict::judge("by hand", std::nan(""), 1, "NaN at 0");
  auto const result = only_case(plan_of({planned("gemm", 1)}), {record_of(0, 1, {lying})});
  EXPECT_EQ(result.status, CaseStatus::wrong);
  EXPECT_THAT(result.launches, IsEmpty());
}

TEST(Assemble, ARankThatClaimsToBeOkWithoutASampleDoesNotLookFast) {
  Document const document = document_of(plan_of({planned("gemm", 1)}), {record_of(0, 1, {good_rank(0, {})})});
  EXPECT_EQ(document.cases[0].status, CaseStatus::internal);
  EXPECT_THAT(document.cases[0].launches, IsEmpty());
  EXPECT_EQ(document.failures.size(), 1U);
}

TEST(Assemble, ACrashCostsItsLaunchOnly) {
  Failure const crash{"", 2, "node1", 0, "sample", CaseStatus::crashed, "the worker died of signal 9", "t"};
  Document const document = document_of(plan_of({planned("gemm", 1)}, 2),
                                        {record_of(0, 1, {good_rank(0, {1, 1})}), CaseFailed{0, crash}});
  CaseResult const& result = document.cases.at(0);
  EXPECT_EQ(result.status, CaseStatus::crashed);
  EXPECT_EQ(result.message, "the worker died of signal 9");
  EXPECT_EQ(result.launches.size(), 1U);
  ASSERT_EQ(document.failures.size(), 1U);
  EXPECT_EQ(document.failures[0].case_name, "gemm/float32");
  EXPECT_EQ(document.run.done_cases, 1);
}

TEST(Assemble, TheSupervisorsFindingOutweighsRecordsOfThatLaunch) {
  auto const result = only_case(plan_of({planned("gemm", 1)}),
                                {record_of(0, 1, {good_rank(0, {1, 1})}),
                                 CaseFailed{0, {"", 1, "", -1, "", CaseStatus::timed_out, "hung", ""}}});
  EXPECT_EQ(result.status, CaseStatus::timed_out);
  EXPECT_THAT(result.launches, IsEmpty());
}

TEST(Assemble, TheRankAtFaultIsNamedNotThoseThatWereKeptFromRunning) {
  Document const document =
      document_of(plan_of({planned("collective/all_reduce", 3)}),
                  {record_of(0, 1,
                             {bad_rank(0, CaseStatus::not_run, "", "another rank failed"), good_rank(1, {1}),
                              bad_rank(2, CaseStatus::out_of_memory, "set up", "needs 9 GiB")})});
  EXPECT_EQ(document.cases[0].status, CaseStatus::out_of_memory);
  ASSERT_EQ(document.failures.size(), 1U);
  EXPECT_EQ(document.failures[0].rank, 2);
  EXPECT_EQ(document.failures[0].phase, "set up");
}

TEST(Assemble, TheSameFailureOfManyRanksIsToldOnce) {
  std::vector<RankRecord> ranks;
  for (int rank = 0; rank < 8; ++rank)
    ranks.push_back(bad_rank(rank, CaseStatus::device_error, "sample", "NCCL: 5"));
  auto const failures = document_of(plan_of({planned("gemm", 8)}), {record_of(0, 1, ranks)}).failures;
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].message, "NCCL: 5 [and 7 more ranks alike]");
}

TEST(Assemble, UnsupportedIsNoFailure) {
  Document const document =
      document_of(plan_of({planned("gemm", 1), planned("memory", 1)}),
                  {record_of(0, 1, {bad_rank(0, CaseStatus::unsupported, "set up", "no fp64")}),
                   record_of(1, 1, {good_rank(0, {1, 1})})});
  EXPECT_EQ(document.cases[0].status, CaseStatus::unsupported);
  EXPECT_EQ(document.cases[0].message, "no fp64");
  EXPECT_THAT(document.failures, IsEmpty());
  EXPECT_EQ(judge(document).status, RunStatus::complete);
  EXPECT_EQ(judge(document).code, ExitCode::ok);
}

TEST(Assemble, CasesWithoutARecordAreNotRunAndStandInThePlansOrder) {
  Document const document = document_of(plan_of({planned("gemm", 1), planned("memory", 1)}),
                                        {record_of(1, 1, {good_rank(0, {1, 1})})});
  ASSERT_EQ(document.cases.size(), 2U);
  EXPECT_EQ(document.cases[0].status, CaseStatus::not_run);
  EXPECT_EQ(document.cases[1].status, CaseStatus::ok);
  EXPECT_EQ(document.run.planned_cases, 2);
  EXPECT_EQ(document.run.done_cases, 1);
  EXPECT_EQ(document.run.status, RunStatus::aborted);  // nobody said that the run ended
  EXPECT_EQ(document.run.exit_code, 4);
}

TEST(Assemble, AMissingRankMakesTheLaunchIncompleteAndSaysWhere) {
  Document const document = document_of(
      plan_of({planned("gemm", 3)}),
      {CaseStarted{0, 1, "t1"}, PhaseStarted{0, 1, "sample"}, record_of(0, 1, {good_rank(0, {1, 1})})});
  EXPECT_EQ(document.cases[0].status, CaseStatus::not_run);
  EXPECT_THAT(document.cases[0].message, HasSubstr("2 of 3 ranks left no record"));
  EXPECT_THAT(document.cases[0].message, HasSubstr("phase 'sample'"));
  EXPECT_THAT(document.cases[0].launches, IsEmpty());
  ASSERT_EQ(document.failures.size(), 1U);
  EXPECT_EQ(document.failures[0].time, "t1");
}

TEST(Assemble, TheWorstVerdictOverLaunchesAndRanksIsKept) {
  RankRecord near = good_rank(1, {1, 1});
  near.verification.error = 0.9;
  auto const result = only_case(plan_of({planned("gemm", 2)}, 2),
                                {record_of(0, 1, {good_rank(0, {1, 1}), near}),
                                 record_of(0, 2, {good_rank(0, {1, 1}), good_rank(1, {1, 1})})});
  EXPECT_EQ(result.verification.status, Verdict::Status::pass);
  EXPECT_DOUBLE_EQ(result.verification.error, 0.9);
}

TEST(Assemble, PercentIsOfTheMedianLaunchAndTheMedianBound) {
  Plan const plan = plan_of({planned("gemm", 1)}, 3);
  std::vector<Event> events;
  double const seconds[] = {1, 2, 4}, bounds[] = {400, 200, 100};
  for (int i = 0; i < 3; ++i) {
    RankRecord rank = good_rank(0, {seconds[i], seconds[i]});
    rank.bound = Bound{"measured peak", bounds[i], "FLOP/s"};
    events.push_back(record_of(0, i + 1, {rank}));
  }
  auto const result = only_case(plan, events);
  ASSERT_TRUE(result.bound);
  EXPECT_DOUBLE_EQ(result.bound->value, 200);
  EXPECT_DOUBLE_EQ(result.percent_of_bound.value(), 25);  // 50 of 200
}

TEST(Assemble, FiguresAreMediansByName) {
  std::vector<Event> events;
  for (int launch = 1; launch <= 3; ++launch) {
    RankRecord rank = good_rank(0, {1, 1});
    rank.figures = {{"decode alone", 10.0 * launch, "images/s"}, {"skipped", 2, ""}};
    events.push_back(record_of(0, launch, {rank}));
  }
  auto const figures = only_case(plan_of({planned("gemm", 1)}, 3), events).figures;
  ASSERT_EQ(figures.size(), 2U);
  EXPECT_DOUBLE_EQ(figures[0].value, 20);
  EXPECT_EQ(figures[0].unit, "images/s");
  EXPECT_DOUBLE_EQ(figures[1].value, 2);
}

Matrix two_by_two(std::vector<double> values) {
  return {"links", "B/s", {"a", "b"}, {"a", "b"}, std::move(values)};
}

TEST(Assemble, MatricesAreMediansOfEachElementOverThoseThatMeasuredIt) {
  double const none = std::nan("");
  std::vector<Event> events;
  for (int launch = 1; launch <= 3; ++launch) {
    RankRecord first = good_rank(0, {1}), second = good_rank(1, {1});
    first.matrices = {two_by_two({none, 10.0 * launch, launch == 2 ? 7.0 : none, none})};
    events.push_back(record_of(0, launch, {first, second}));
  }
  auto const result = only_case(plan_of({planned("gemm", 2)}, 3), events);
  ASSERT_EQ(result.matrices.size(), 1U);
  auto const& matrix = result.matrices[0];
  EXPECT_EQ(matrix.name, "links");
  EXPECT_EQ(matrix.unit, "B/s");
  EXPECT_EQ(matrix.rows, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(std::isnan(matrix.values[0]));
  EXPECT_DOUBLE_EQ(matrix.values[1], 20);
  EXPECT_DOUBLE_EQ(matrix.values[2], 7);
  EXPECT_TRUE(std::isnan(matrix.values[3]));
  EXPECT_THAT(result.warnings, IsEmpty());
}

TEST(Assemble, AMatrixOfOtherNodesIsLeftOutAndThatIsSaid) {
  RankRecord first = good_rank(0, {1}), other = good_rank(0, {1});
  first.matrices = {two_by_two({1, 2, 3, 4})};
  other.matrices = {two_by_two({9, 9, 9, 9})};
  other.matrices[0].columns = {"a", "c"};
  auto const result =
      only_case(plan_of({planned("gemm", 1)}, 2), {record_of(0, 1, {first}), record_of(0, 2, {other})});
  ASSERT_EQ(result.matrices.size(), 1U);
  EXPECT_EQ(result.matrices[0].values, (std::vector<double>{1, 2, 3, 4}));
  EXPECT_THAT(result.warnings, Contains(HasSubstr("matrix 'links': 1 of other nodes")));
}

TEST(Assemble, AWrongAnswerTakesTheMatricesToo) {
  RankRecord rank = good_rank(0, {1});
  rank.matrices = {two_by_two({1, 2, 3, 4})};
  rank.verification = Verdict::judge("by hand", 2, 1);
  EXPECT_THAT(only_case(plan_of({planned("gemm", 1)}), {record_of(0, 1, {rank})}).matrices, IsEmpty());
}

TEST(Assemble, AGroupsFigureCountsTheWorkOfARankThatWorksNotOfAnIdleFirstOne) {
  RankRecord idle = good_rank(0, {1e-6, 1e-6}), busy = good_rank(1, {2, 2});
  idle.work = {};
  idle.group_seconds = busy.group_seconds = {2, 2};
  auto const result =
      only_case(plan_of({planned("collective/all_reduce", 2)}), {record_of(0, 1, {idle, busy})});
  ASSERT_EQ(result.launches.size(), 1U);
  EXPECT_DOUBLE_EQ(result.launches[0].metric.median, 50);
  EXPECT_EQ(result.work.wire_bytes, 100U);
}

TEST(Assemble, FactsOfRanksThatDifferStandSideBySide) {
  RankRecord first = good_rank(0, {1}), second = good_rank(1, {1});
  first.facts = {{"library", "OpenBLAS"}, {"threads", "2"}};
  second.facts = {{"library", "oneDNN"}, {"threads", "2"}};
  auto const facts = only_case(plan_of({planned("gemm", 2)}), {record_of(0, 1, {first, second})}).facts;
  EXPECT_THAT(facts,
              ElementsAre(testing::Pair("library", "OpenBLAS; oneDNN"), testing::Pair("threads", "2")));
}

TEST(Assemble, WarningsAreSaidOnceAndDeviceTroubleBecomesOne) {
  RankRecord first = good_rank(0, {1, 1}), second = good_rank(1, {1, 1});
  first.warnings = second.warnings = {"emulated in float32"};
  first.after.throttle_reasons = second.before.throttle_reasons = {"hw_slowdown"};
  second.before.other_processes = 2;
  second.before.uncorrected_errors = 1;
  second.after.uncorrected_errors = 2;
  auto const warnings = only_case(plan_of({planned("gemm", 2)}), {record_of(0, 1, {first, second})}).warnings;
  EXPECT_THAT(warnings,
              ElementsAre("emulated in float32", "throttled: hw_slowdown (rank 0 on node1 and 1 more)",
                          "other processes used the device (rank 1 on node1)",
                          "uncorrected memory errors rose during the case (rank 1 on node1)"));
}

TEST(Assemble, AnOversubscribedRunIsStampedOnEveryCase) {
  Plan plan = plan_of({planned("gemm", 1), planned("memory", 1)});
  plan.oversubscribe = true;
  for (auto const& result : document_of(plan, {}).cases) {
    EXPECT_THAT(result.warnings, Contains(HasSubstr("oversubscribed")));
  }
}

TEST(Assemble, AnUnverifiedCaseSaysSoAndHasNoBenchmarkRow) {
  RankRecord rank = good_rank(0, {1, 1});
  rank.verification = Verdict{};
  Document const document = document_of(plan_of({planned("gemm", 1)}), {record_of(0, 1, {rank})});
  EXPECT_THAT(document.cases[0].warnings, Contains(HasSubstr("not verified")));
  EXPECT_THAT(to_json(document), HasSubstr("\"benchmarks\": []"));
}

TEST(Assemble, AWorkloadThatThisProgramLacksIsSaid) {
  Document const document =
      document_of(plan_of({planned("teleport", 1)}), {record_of(0, 1, {good_rank(0, {1, 1})})});
  EXPECT_EQ(document.cases[0].status, CaseStatus::internal);
  EXPECT_THAT(document.cases[0].message, HasSubstr("no workload 'teleport'"));
}

TEST(Assemble, AJournalOfAnotherPlanIsReportedNotFollowed) {
  Document const document =
      document_of(plan_of({planned("gemm", 1)}), {record_of(17, 1, {good_rank(0, {1, 1})})});
  ASSERT_EQ(document.failures.size(), 1U);
  EXPECT_THAT(document.failures[0].message, HasSubstr("case 17, the plan has 1"));
}

TEST(Assemble, RunStatusComesFromTheSupervisorOrFromTheCases) {
  Document::Run run;
  run.id = "01J";
  run.started = "2026-11-22T21:40:05Z";
  std::vector<Event> events{RunStarted{run}, LaunchStarted{1, 1, "direct", "2026-11-22T21:40:06Z"},
                            record_of(0, 1, {good_rank(0, {1, 1})})};
  Plan const plan = plan_of({planned("gemm", 1)});
  Document const orphan = document_of(plan, events);
  EXPECT_EQ(orphan.run.status, RunStatus::complete);
  EXPECT_EQ(orphan.run.ended, "2026-11-22T21:40:06Z");
  EXPECT_EQ(orphan.run.launcher, "direct");
  events.push_back(RunEnded{RunStatus::aborted, 130, "2026-11-22T21:41:00Z"});
  Document const ended = document_of(plan, events);
  EXPECT_EQ(ended.run.status, RunStatus::aborted);
  EXPECT_EQ(ended.run.exit_code, 130);
  EXPECT_EQ(ended.run.ended, "2026-11-22T21:41:00Z");
  EXPECT_EQ(ended.run.id, "01J");
}

TEST(Assemble, WhatLaunchesTellOfOneNodeIsPutTogether) {
  Node seen;
  seen.name = "a";
  seen.cpu.usable = 1;
  seen.gpus = {{"cuda", 1, "A100", "GPU-1", "", 0, 0, {}}};
  Node again = seen;
  again.cpu.usable = 8;
  again.gpus.push_back({"cuda", 0, "A100", "GPU-0", "", 0, 0, {}});
  again.software = {{"MPI", "4.1"}};
  Node other;
  other.name = "0";
  auto const nodes = document_of(plan_of({}), {WorkerStarted{1, seen, {}}, WorkerStarted{1, again, {}},
                                               WorkerStarted{1, other, {}}})
                         .nodes;
  ASSERT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes[0].name, "0");
  ASSERT_EQ(nodes[1].gpus.size(), 2U);
  EXPECT_EQ(nodes[1].gpus[0].uuid, "GPU-0");
  EXPECT_EQ(nodes[1].cpu.usable, 8);
  EXPECT_EQ(nodes[1].software.at(0).second, "4.1");
}

TEST(Judge, NoneOkIsFailedAndTooFewLaunchesArePartial) {
  EXPECT_EQ(judge(Document{}).code, ExitCode::infrastructure);
  Document const short_of_one =
      document_of(plan_of({planned("gemm", 1)}, 2), {record_of(0, 1, {good_rank(0, {1, 1})})});
  EXPECT_EQ(short_of_one.cases[0].status, CaseStatus::ok);
  EXPECT_EQ(judge(short_of_one).status, RunStatus::partial);
  EXPECT_EQ(judge(short_of_one).code, ExitCode::partial);
}

class Comparability : public testing::Test {
 protected:
  static Plan plan() { return plan_of({planned("gemm", 1), planned("memory", 2)}); }
  static std::string workload(Plan const& p) { return document_of(p, {}).comparability_workload; }
  static std::string platform(Node const& node) {
    return document_of(plan(), {WorkerStarted{1, node, {}}}).comparability_platform;
  }
};

TEST_F(Comparability, WorkloadKeyFollowsTheWorkAndNothingElse) {
  std::string const key = workload(plan());
  EXPECT_EQ(key.size(), 64U);
  Plan same = plan();
  same.seed = 7;
  same.launches = 9;
  same.cases[0].sampling_seconds = 3;
  std::swap(same.cases[0], same.cases[1]);
  EXPECT_EQ(workload(same), key);
  Plan other_ranks = plan(), other_params = plan(), other_data = plan();
  other_ranks.cases[0].ranks = 4;
  other_params.cases[0].params.set("m", Value{std::int64_t{1}});
  other_data.data = "/data";
  for (Plan const& other : {other_ranks, other_params, other_data}) EXPECT_NE(workload(other), key);
}

TEST_F(Comparability, PlatformKeyFollowsTheHardwareAndNothingMeasured) {
  Node node;
  node.name = "a";
  node.cpu.model = "EPYC 7742";
  node.gpus = {{"cuda", 0, "A100", "GPU-0", "", 0, 0, {}}};
  std::string const key = platform(node);
  Node same = node;
  same.name = "b";
  same.gpus[0].uuid = "GPU-9";
  same.memory_bytes = 1;
  EXPECT_EQ(platform(same), key);
  Node other_gpu = node, other_count = node, other_cpu = node;
  other_gpu.gpus[0].name = "H100";
  other_count.gpus.push_back({"cuda", 1, "A100", "GPU-1", "", 0, 0, {}});
  other_cpu.cpu.model = "Xeon";
  for (Node const& other : {other_gpu, other_count, other_cpu}) EXPECT_NE(platform(other), key);
}

/// Two launches of one case, which each of the nodes is to run by itself.
Plan each_node(std::string const& workload) {
  auto plan = plan_of({planned(workload, 2)}, 2);
  plan.nodes = {3, 0, 2};
  plan.phases = {{"nodes", Spread::each_node}};
  return plan;
}

CaseRecord of_world(int launch, std::string const& node, std::vector<RankRecord> ranks) {
  auto record = record_of(0, launch, std::move(ranks), node);
  record.world = node;
  record.world_size = 2;
  return record;
}

RunPhaseStarted on(std::vector<std::string> nodes) { return {0, std::move(nodes), ""}; }

TEST(Assemble, EveryNodesWorldHasItsOwnFigureAndTheLaunchTheirMedian) {
  std::vector<Event> events{on({"a", "b", "c"})};
  for (int launch = 0; launch < 2; ++launch) {
    events.push_back(
        of_world(launch, "a", {good_rank(0, {1}), good_rank(1, {2})}));  // 50: the slowest counts
    events.push_back(of_world(launch, "b", {good_rank(0, {4}), good_rank(1, {1})}));   // 25
    events.push_back(of_world(launch, "c", {good_rank(0, {10}), good_rank(1, {1})}));  // 10
  }
  auto const document = document_of(each_node("collective/all_reduce"), events);
  auto const& result = document.cases.at(0);
  ASSERT_EQ(result.launches.size(), 2U);
  EXPECT_DOUBLE_EQ(result.launches[0].metric.median, 25);
  EXPECT_DOUBLE_EQ(result.launches[0].metric.min, 10);
  EXPECT_DOUBLE_EQ(result.launches[0].metric.max, 50);
  EXPECT_EQ(result.rank_figures.size(), 12U);
  ASSERT_TRUE(result.worlds);
  EXPECT_EQ(result.worlds->planned, 3);
  EXPECT_EQ(result.worlds->ok, 3);
  EXPECT_EQ(result.phase, "nodes");
}

TEST(Assemble, AWrongAnswerOnOneNodeCostsThatNodesFiguresAndTheExitCode) {
  std::vector<Event> events{on({"a", "b"})};
  for (int launch = 0; launch < 2; ++launch) {
    events.push_back(of_world(launch, "a", {good_rank(0, {1}), good_rank(1, {1})}));
    auto wrong = good_rank(1, {1});
    wrong.verification.status = Verdict::Status::fail;
    events.push_back(of_world(launch, "b", {good_rank(0, {1}), launch == 1 ? wrong : good_rank(1, {1})}));
  }
  auto document = document_of(each_node("gemm"), events);
  auto const& result = document.cases.at(0);
  EXPECT_EQ(result.status, CaseStatus::ok);
  EXPECT_EQ(result.worlds->ok, 1);
  EXPECT_EQ(result.worlds->wrong, 1);
  EXPECT_EQ(document.failures.at(0).node, "b");
  EXPECT_EQ(judge(document).code, ExitCode::wrong_numbers);
  auto const of_b = std::ranges::count(result.rank_figures, "b", &RankFigures::node);
  EXPECT_EQ(of_b, 2) << "those of the launch in which it was right";
}

TEST(Assemble, ANodeThatLeftNoWordIsMissed) {
  std::vector<Event> events{on({"a", "b"})};
  for (int launch = 0; launch < 2; ++launch)
    events.push_back(of_world(launch, "a", {good_rank(0, {1}), good_rank(1, {1})}));
  auto const document = document_of(each_node("gemm"), events);
  EXPECT_EQ(document.cases.at(0).worlds->planned, 2);
  EXPECT_EQ(document.cases.at(0).worlds->ok, 1);
  EXPECT_EQ(document.run.done_cases, 0);
  EXPECT_EQ(judge(document).code, ExitCode::partial);
}

TEST(Assemble, ANodeThatDiedCostsOnlyItsOwnFigures) {
  std::vector<Event> events{on({"a", "b"})};
  for (int launch = 0; launch < 2; ++launch) {
    events.push_back(of_world(launch, "a", {good_rank(0, {1}), good_rank(1, {1})}));
    Failure failure{"gemm", launch, "b", 1, "sample", CaseStatus::crashed, "signal 9", ""};
    events.push_back(CaseFailed{0, failure, "b"});
  }
  auto const document = document_of(each_node("gemm"), events);
  EXPECT_EQ(document.cases.at(0).status, CaseStatus::ok);
  EXPECT_EQ(document.cases.at(0).worlds->ok, 1);
  EXPECT_EQ(document.failures.size(), 2U);
  EXPECT_EQ(document.run.done_cases, 1);
  EXPECT_EQ(judge(document).code, ExitCode::partial);
}

TEST(Assemble, AWorldThatLostNodesIsCompleteWithThoseItHad) {
  auto record = record_of(0, 0, {good_rank(0, {1}), good_rank(1, {1})});
  record.world_size = 2;
  auto const result = only_case(plan_of({planned("gemm", 4)}), {record});
  EXPECT_EQ(result.status, CaseStatus::ok);
  EXPECT_EQ(result.ranks, 2);
}

NodeSeen seen(std::string name) {
  NodeSeen event;
  event.node.name = std::move(name);
  return event;
}

TEST(Assemble, CoverageNamesTheNodesThatTheRunWentOnWithout) {
  auto const plan = each_node("gemm");
  auto const document = document_of(
      plan, {seen("a"), seen("b"), seen("c"), NodeExcluded{"b", "inventory", "it has 1 GPU of 2", ""},
             NodeExcluded{"d", "inventory", "no answer", ""}, on({"a", "c"})});
  ASSERT_TRUE(document.coverage);
  EXPECT_EQ(document.coverage->seen, 3);
  EXPECT_EQ(document.coverage->good, 2);
  ASSERT_EQ(document.coverage->excluded.size(), 2U);
  EXPECT_EQ(document.coverage->excluded[0].reason, "it has 1 GPU of 2");
}

TEST(Assemble, ANodeThatCameBackIsNoLongerExcluded) {
  auto const document =
      document_of(each_node("gemm"), {seen("a"), NodeExcluded{"a", "inventory", "no answer", ""}, on({"a"})});
  EXPECT_EQ(document.coverage->good, 1);
  EXPECT_TRUE(document.coverage->excluded.empty());
}

}  // namespace
}  // namespace muster
