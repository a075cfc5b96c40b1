// What a run has behind it: for going on with it, and for `muster status`.
#include "harness/record/finished.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "harness/record/assemble.hpp"
#include "harness/record/digest_journals.hpp"
#include "harness/record/plan_differences.hpp"
#include "harness/record/run_state.hpp"
#include "tests/unit/record_fixtures.hpp"

namespace muster {
namespace {

using test::good_rank;
using test::plan_of;
using test::planned;
using test::record_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

CaseRecord in_attempt(int attempt, CaseRecord record) {
  record.attempt = attempt;
  return record;
}

CaseFailed failed(std::size_t index, int launch, CaseStatus kind, int attempt) {
  return {index, {"", launch, "", -1, "sample", kind, "gone", ""}, "", attempt};
}

class FinishedTest : public ::testing::Test {
 protected:
  FinishedTest() : plan_(plan_of({planned("gemm", 1), planned("memory", 2)}, 2)) {}

  void supervisor(std::vector<Event> const& events) { write(run_.supervisor_journal(), events); }
  void node(std::string const& name, std::vector<Event> const& events) {
    write(run_.node_journal(name), events);
  }
  static void write(std::filesystem::path const& file, std::vector<Event> const& events) {
    JournalWriter journal(file);
    for (auto const& event : events) journal.append(event);
  }
  FinishedCases finished(FinishedSettings const& settings = {}) {
    return finished_cases(plan_, run_, test::fixture_registry(), settings);
  }
  RunState state() { return run_state(plan_, run_, test::fixture_registry()); }

  TemporaryFolder folder_;
  RunFolder run_{folder_.path()};
  Plan plan_;
};

TEST_F(FinishedTest, AnEmptyFolderHasNothingBehindIt) {
  auto const nothing = finished();
  EXPECT_EQ(nothing.size(), 0U);
  EXPECT_EQ(nothing.attempts(), 0);
  EXPECT_FALSE(nothing.run());
}

TEST_F(FinishedTest, NodesThatPhasesFoundWantingStayOut) {
  supervisor({NodeExcluded{"a", "inventory", "7 GPUs", ""}, NodeExcluded{"b", "nodes", "gemm failed", ""},
              CaseStarted{0, 0, ""}, NodeExcluded{"c", "whole", "it no longer answers", ""}});
  auto const nodes = excluded_by_phases(run_);
  ASSERT_EQ(nodes.size(), 2U) << "an inventory is taken anew";
  EXPECT_EQ(nodes[0].node, "b");
  EXPECT_EQ(nodes[0].reason, "gemm failed");
  EXPECT_EQ(nodes[1].node, "c");
  EXPECT_EQ(nodes[1].phase, "whole");
}

TEST_F(FinishedTest, WhatSomeNodeHasDoneByItselfIsKnown) {
  plan_.phases = {{"nodes", Spread::each_node}};
  auto record = record_of(0, 1, {good_rank(0, {1})}, "b");
  record.world = "b";
  record.world_size = 1;
  node("b", {record});
  auto const some = finished();
  EXPECT_FALSE(some.contains(1, 0)) << "that is of a world of all nodes";
  EXPECT_TRUE(some.in_some_world(1, 0));
  EXPECT_FALSE(some.in_some_world(0, 0));
  EXPECT_FALSE(some.in_some_world(1, 1));
}

TEST_F(FinishedTest, WhatHasAllItsRanksIsFinishedAndWhatIsHalfDoneIsNot) {
  node("a", {in_attempt(1, record_of(0, 0, {good_rank(0, {1})}, "a")),
             in_attempt(2, record_of(1, 0, {good_rank(0, {1})}, "a"))});
  auto const some = finished();
  EXPECT_TRUE(some.contains(0, 0));
  EXPECT_FALSE(some.contains(0, 1)) << "rank 1 has no record";
  EXPECT_FALSE(some.contains(1, 0));
  EXPECT_EQ(some.attempts(), 2);
}

TEST_F(FinishedTest, RanksOfTwoSetsOfWorkersDoNotMakeOneWhole) {
  node("a", {in_attempt(1, record_of(1, 0, {good_rank(0, {1})}, "a"))});
  node("b", {in_attempt(2, record_of(1, 0, {good_rank(1, {1})}, "b"))});
  EXPECT_FALSE(finished().contains(0, 1));
}

TEST_F(FinishedTest, AFailureIsAnEndUnlessItIsToBeTriedAgain) {
  supervisor({failed(0, 0, CaseStatus::crashed, 1), failed(0, 1, CaseStatus::unsupported, 2)});
  EXPECT_TRUE(finished().contains(0, 0));
  FinishedSettings again;
  again.retry_failed = true;
  EXPECT_FALSE(finished(again).contains(0, 0));
  EXPECT_TRUE(finished(again).contains(1, 0)) << "it would be unsupported again";
}

TEST_F(FinishedTest, ALaterAttemptsRecordCountsWhateverTheOrderOfFiles) {
  node("z", {in_attempt(1, record_of(0, 0, {good_rank(0, {1})}, "z"))});
  node("a", {in_attempt(2, record_of(0, 0, {good_rank(0, {2})}, "a"))});
  supervisor({failed(0, 0, CaseStatus::crashed, 1)});
  auto const document = assemble(plan_, read_journals(run_).events, test::fixture_registry());
  ASSERT_EQ(document.cases[0].launches.size(), 1U);
  EXPECT_EQ(document.cases[0].rank_figures.at(0).node, "a");
  EXPECT_THAT(document.failures, IsEmpty());
}

TEST_F(FinishedTest, ACaseThatTookTheRunWithItTwiceIsGivenUp) {
  node("a", {CaseStarted{0, 0, "t", "", 1}});
  EXPECT_THAT(finished().deadly(), IsEmpty()) << "once may be chance";
  node("a", {CaseStarted{0, 0, "t", "", 2}});
  EXPECT_THAT(finished().deadly(), ElementsAre(FinishedCases::Key{0, 0, ""}));
  auto const findings = given_up(plan_, finished(), 0);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].failure.kind, CaseStatus::crashed);
  EXPECT_THAT(findings[0].failure.message, HasSubstr("twice in a row"));
}

TEST_F(FinishedTest, AStopWithNoticeIsNoDeath) {
  node("a", {CaseStarted{0, 0, "t", "", 1}, CaseStarted{0, 0, "t", "", 2}});
  supervisor({RunEnded{RunStatus::partial, 143, "t", 2}});
  EXPECT_THAT(finished().deadly(), IsEmpty());
}

TEST_F(FinishedTest, OfOneNodesWorldItsOwnJournalsAreRead) {
  plan_.nodes = {2, 0, 1};
  plan_.phases = {{"nodes", Spread::each_node}};
  for (std::string const name : {"a", "b"}) {
    auto record = in_attempt(1, record_of(0, 0, {good_rank(0, {1})}, name));
    record.world = name;
    node(name, {record});
  }
  FinishedSettings of_a;
  of_a.world = "a";
  EXPECT_TRUE(finished(of_a).contains(0, 0, "a"));
  EXPECT_EQ(finished(of_a).size(), 1U);
}

TEST_F(FinishedTest, NodesOfAnEarlierStartOweNothingMore) {
  plan_.nodes = {2, 0, 1};
  plan_.phases = {{"nodes", Spread::each_node}};
  plan_.cases.pop_back();
  auto record = in_attempt(1, record_of(0, 0, {good_rank(0, {1})}, "a"));
  record.world = "a";
  auto const document =
      assemble(plan_, {RunPhaseStarted{0, {"a", "b"}, ""}, RunPhaseStarted{0, {"c"}, ""}, record},
               test::fixture_registry());
  ASSERT_TRUE(document.cases[0].worlds);
  EXPECT_EQ(document.cases[0].worlds->planned, 2) << "a, which did something, and c";
}

TEST_F(FinishedTest, TheRunIsTheOneThatWasFirstStarted) {
  RunStarted first, second;
  first.run.id = "01";
  second.run.id = "02";
  supervisor({first, second});
  EXPECT_EQ(finished().run()->id, "01");
  EXPECT_EQ(finished().starts(), 2);
}

TEST_F(FinishedTest, AStateIsDeadWithoutAnEndAndAHolder) {
  supervisor({RunStarted{}});
  node("a", {in_attempt(1, record_of(0, 0, {good_rank(0, {1})}, "a")), CaseStarted{1, 0, "t", "", 1},
             PhaseStarted{1, 0, "verify", -1, "", ""}});
  auto const dead = state();
  EXPECT_EQ(dead.state, "dead");
  ASSERT_EQ(dead.launches.size(), 2U);
  EXPECT_EQ(dead.launches[0].done, 1);
  EXPECT_EQ(dead.launches[0].left, 1);
  EXPECT_EQ(dead.launches[1].left, 2);
  ASSERT_EQ(dead.nodes.size(), 1U);
  EXPECT_EQ(dead.nodes[0].doing, "memory/float32, phase verify");
  supervisor({RunEnded{RunStatus::partial, 143, "2026-01-02T03:04:05Z", 1}});
  EXPECT_EQ(state().state, "partial");
  RunLock const lock(folder_.path(), this_process(), [] {});
  supervisor({RunStarted{}});
  EXPECT_EQ(state().state, "running");
  EXPECT_THAT(to_json(state()), HasSubstr("\"state\": \"running\""));
}

TEST_F(FinishedTest, ATornLastLineIsCountedNotFatal) {
  supervisor({RunStarted{}});
  test::write_file(run_.node_journal("a"),
                   to_line(CaseStarted{0, 0, "t", "", 1}) + "\n" + "{\"event\":\"case_rec");
  EXPECT_EQ(state().bad_lines, 1U);
  EXPECT_EQ(state().nodes.at(0).doing, "gemm/float32, phase set up");
}

/// Its clock an hour ahead of the supervisor's.
TEST_F(FinishedTest, ANodeWhoseClockIsAheadChangesNeitherTheEndNorTheOrder) {
  RunStarted started;
  started.run.started = "2026-01-02T03:00:00Z";
  supervisor({started, LaunchStarted{0, 1, "srun", "2026-01-02T03:00:01Z"},
              Heartbeat{"login", "2026-01-02T03:00:11Z"}});
  node("ahead", {CaseStarted{0, 0, "2026-01-02T04:00:02Z", "", 1}, Heartbeat{"ahead", "2026-01-02T04:00:12Z"},
                 in_attempt(1, record_of(0, 0, {good_rank(0, {1})}, "ahead"))});
  node("behind", {CaseStarted{0, 0, "2026-01-02T02:00:02Z", "", 2},
                  in_attempt(2, record_of(0, 0, {good_rank(0, {2})}, "behind"))});
  Assembler assembler(plan_, test::fixture_registry());
  digest_journals(assembler, {{run_.journals()}, {}, 2});
  auto const document = assembler.document();
  EXPECT_EQ(document.run.ended, "2026-01-02T03:00:11Z") << "the supervisor's last word";
  EXPECT_EQ(document.cases[0].rank_figures.at(0).node, "behind") << "the later set of workers";
}

TEST(PlanDifferences, NamesWhatDiffers) {
  auto const plan = plan_of({planned("gemm", 1), planned("memory", 2)}, 2);
  EXPECT_THAT(plan_differences(plan, plan), IsEmpty());
  auto elsewhere = plan;
  elsewhere.cache = "/another/cache";
  EXPECT_THAT(plan_differences(plan, elsewhere), IsEmpty()) << "it changes no figure";
  auto other = plan;
  other.launches = 5;
  other.cases[1].ranks = 4;
  EXPECT_THAT(plan_differences(plan, other),
              ElementsAre("launches: 2 there, 5 here", "memory/float32.ranks: 2 there, 4 here"));
  other.cases.pop_back();
  EXPECT_THAT(plan_differences(plan, other), testing::Contains("2 cases there, 1 here"));
}

}  // namespace
}  // namespace muster
