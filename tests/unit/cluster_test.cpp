// A cluster's run goes on without the nodes that fail, and says which they were and why.
#include "harness/launch/cluster.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "harness/core/error.hpp"
#include "harness/launch/interrupt.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string joined(std::vector<std::string> const& list) {
  std::string text;
  for (auto const& item : list) text += (text.empty() ? "" : ",") + item;
  return text;
}

/// Scripted processes play agents and workers; the nodes of each start are kept.
class ScriptedCluster : public Launcher {
 public:
  ScriptedCluster(std::vector<std::vector<std::string>>& worlds, std::string cases)
      : worlds_(worlds), cases_(std::move(cases)) {}
  std::string name() const override { return "scripted"; }
  Command command(Spawn const& spawn) const override {
    auto argv = spawn.argv;
    if (spawn.world) {
      worlds_.push_back(spawn.nodes);
      argv[0] = MUSTER_SCRIPTED_WORKER;
      return {argv};
    }
    argv[0] = MUSTER_SCRIPTED_AGENTS;
    argv.insert(argv.end(), {"--nodes", joined(spawn.nodes), "--cases", cases_});
    return {argv};
  }

 private:
  std::vector<std::vector<std::string>>& worlds_;
  std::string cases_;
};

class ClusterTest : public testing::Test {
 protected:
  ClusterTest() {
    plan_.nodes = {4, 0, 1};
    plan_.phases = {{"nodes", Spread::each_node}, {"whole", Spread::together}};
    add_case(0, "nodes/gemm");
    add_case(0, "nodes/memory");
  }

  void add_case(std::size_t phase, std::string const& name, std::string const& action = "ok") {
    PlannedCase planned;
    planned.name = name;
    planned.phase = phase;
    planned.per_node = 1;
    planned.ranks = phase == 0 ? 1 : plan_.nodes.count;
    planned.deadline_seconds = 30;
    plan_.cases.push_back(planned);
    actions_.push_back(action);
  }

  void node(std::string const& name, std::string const& word) {
    std::ofstream(folder_.path() / "nodes.txt", std::ios::app) << name << " " << word << "\n";
  }

  RunStop run(std::vector<std::string> const& nodes = {"a", "b", "c", "d"}) {
    std::ofstream script(folder_.path() / "script.txt");
    for (auto const& action : actions_) script << action << "\n";
    script.close();
    RunFolder const folder{folder_.path()};
    std::filesystem::create_directories(folder.journals());
    JournalWriter journal(folder.supervisor_journal());
    ClusterSettings settings{{MUSTER_SCRIPTED_WORKER, folder, patience_, 0.2, 0.5, 0.3},
                             nodes,
                             {patience_, 30, 0.2, 1, 0.1, listing_seconds_}};
    settings.excluded = earlier_;
    if (done_) settings.supervisor.done = done_;
    auto const launcher = [this] { return std::make_unique<ScriptedCluster>(worlds_, "0,1"); };
    return Cluster(plan_, settings, journal, launcher, [this](Event const& event) { note(event); }).run();
  }

  void note(Event const& event) {
    if (auto const* excluded = std::get_if<NodeExcluded>(&event)) {
      excluded_.push_back(excluded->node + " " + excluded->phase);
      reasons_ += excluded->reason + "\n";
    }
    if (auto const* started = std::get_if<RunPhaseStarted>(&event)) phases_.push_back(joined(started->nodes));
    if (auto const* failed = std::get_if<CaseFailed>(&event)) failures_.push_back(failed->failure);
  }

  TemporaryFolder folder_;
  Plan plan_;
  double listing_seconds_ = 0.2;       // that a folder may take to show a new file
  std::vector<ExcludedNode> earlier_;  // nodes that were left out before the run was gone on with
  std::function<bool(int, std::size_t)> done_;
  double patience_ = 30;  // seconds in which nodes answer and workers begin
  std::vector<std::string> actions_;
  std::vector<std::vector<std::string>> worlds_;  // nodes of each set of workers that worked together
  std::vector<std::string> excluded_, phases_;
  std::string reasons_;
  std::vector<Failure> failures_;
};

TEST_F(ClusterTest, EveryPhaseRunsOnAllNodesThatAreWell) {
  add_case(1, "whole/all_reduce");
  EXPECT_TRUE(run().done);
  EXPECT_THAT(phases_, ElementsAre("a,b,c,d", "a,b,c,d"));
  EXPECT_THAT(worlds_, ElementsAre(ElementsAre("a", "b", "c", "d")));
  EXPECT_THAT(excluded_, IsEmpty());
  EXPECT_THAT(failures_, IsEmpty());
}

TEST_F(ClusterTest, ANodeThatDoesNotAnswerIsLeftOutWithTheLaunchersWords) {
  add_case(1, "whole/all_reduce");
  node("b", "silent");
  EXPECT_TRUE(run().done);
  EXPECT_THAT(excluded_, ElementsAre("b inventory"));
  EXPECT_THAT(reasons_, HasSubstr("no route to b"));
  EXPECT_THAT(worlds_, ElementsAre(ElementsAre("a", "c", "d")));
}

TEST_F(ClusterTest, ANodeThatFindsItselfUnfitIsLeftOut) {
  node("c", "faulty");
  run();
  EXPECT_THAT(excluded_, ElementsAre("c inventory"));
  EXPECT_THAT(reasons_, HasSubstr("7 GPUs"));
  EXPECT_THAT(phases_.front(), "a,b,d");
}

TEST_F(ClusterTest, ASpareTakesThePlaceOfANodeThatIsNotFit) {
  add_case(1, "whole/all_reduce");
  plan_.nodes = {4, 1, 1};
  node("c", "faulty");
  run({"a", "b", "c", "d", "e"});
  EXPECT_THAT(worlds_, ElementsAre(ElementsAre("a", "b", "d", "e")));
}

TEST_F(ClusterTest, ASpareThatIsNotNeededIsLookedAtAndSitsOut) {
  add_case(1, "whole/all_reduce");
  plan_.nodes = {4, 1, 1};
  run({"a", "b", "c", "d", "e"});
  EXPECT_THAT(phases_, ElementsAre("a,b,c,d,e", "a,b,c,d"));
}

TEST_F(ClusterTest, ANodeThatDiesInAPhaseIsLeftOutOfTheNext) {
  add_case(1, "whole/all_reduce");
  node("d", "dies");
  EXPECT_TRUE(run().done);
  EXPECT_THAT(excluded_, ElementsAre("d nodes"));
  EXPECT_THAT(phases_, ElementsAre("a,b,c,d", "a,b,c"));
}

TEST_F(ClusterTest, ANodeThatIsAtWorkForEverIsLeftOutAtThePhasesDeadline) {
  patience_ = 1;
  for (auto& planned : plan_.cases) planned.deadline_seconds = 0.5;
  node("d", "beats");  // one process plays them all, this one last
  EXPECT_TRUE(run().done);
  EXPECT_THAT(excluded_, ElementsAre("d nodes"));
  EXPECT_THAT(reasons_, HasSubstr("at its deadline"));
}

TEST_F(ClusterTest, ANodeOnWhichCasesFailIsLeftOutOfTheNext) {
  add_case(1, "whole/all_reduce");
  node("a", "fails");
  EXPECT_TRUE(run().done);
  EXPECT_THAT(excluded_, ElementsAre("a nodes"));
  EXPECT_THAT(reasons_, HasSubstr("nodes/gemm: worker died: signal 9 (and 1 more cases)"));
  EXPECT_THAT(phases_, ElementsAre("a,b,c,d", "b,c,d"));
}

TEST_F(ClusterTest, WhatFailsEverywhereIsNoNodesFault) {
  for (auto const* name : {"a", "b", "c"}) node(name, "fails");
  EXPECT_TRUE(run().done);
  EXPECT_THAT(excluded_, IsEmpty());
}

TEST_F(ClusterTest, ANodeThatCannotSaveIsSaid) {
  node("b", "full");
  auto const stop = run();
  EXPECT_THAT(stop.not_saved, HasSubstr("b: no space left"));
}

TEST_F(ClusterTest, WithoutAnyNodeTheRestFailsAndSaysWhy) {
  add_case(1, "whole/all_reduce");
  for (auto const* name : {"a", "b", "c", "d"}) node(name, "silent");
  EXPECT_TRUE(run().done);
  EXPECT_EQ(excluded_.size(), 4U);
  ASSERT_EQ(failures_.size(), 3U);
  EXPECT_THAT(failures_.back().message, HasSubstr("no node is left"));
  EXPECT_THAT(worlds_, IsEmpty());
}

TEST_F(ClusterTest, WhatIsDoneAlreadyDoesNotFailWhereNoNodeIsLeft) {
  add_case(1, "whole/all_reduce");
  for (auto const* name : {"a", "b", "c", "d"}) node(name, "silent");
  done_ = [](int, std::size_t index) { return index < 2; };
  run();
  ASSERT_EQ(failures_.size(), 1U);
  EXPECT_EQ(failures_[0].case_name, "whole/all_reduce");
}

TEST_F(ClusterTest, NodesThatWereLeftOutBeforeStayOutOfARunThatIsGoneOnWith) {
  add_case(1, "whole/all_reduce");
  earlier_ = {{"c", "nodes", "nodes/gemm: worker died"}, {"gone", "whole", "it no longer answers"}};
  node("c.example", "is=c");
  EXPECT_TRUE(run({"a", "b", "c.example", "d"}).done);
  EXPECT_THAT(excluded_, ElementsAre("c nodes"));
  EXPECT_THAT(reasons_, HasSubstr("nodes/gemm: worker died"));
  EXPECT_THAT(phases_, ElementsAre("a,b,d", "a,b,d"));
}

TEST_F(ClusterTest, NodesThatAreCalledByOtherNamesThanTheirOwnAreNamedAtOnce) {
  listing_seconds_ = 100;  // longer than a test may take
  node("10.0.0.2", "is=b");
  node("storage-c", "is=c");
  try {
    run({"a", "10.0.0.2", "storage-c", "d"});
    FAIL() << "nothing was thrown";
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::usage);
    EXPECT_THAT(error.what(), HasSubstr("10.0.0.2 is b, storage-c is c"));
    EXPECT_THAT(error.what(), HasSubstr("the names that hostname prints"));
  }
}

TEST_F(ClusterTest, SoAreAllOfThem) {
  listing_seconds_ = 100;
  for (auto const* address : {"10.0.0.1", "10.0.0.2"}) node(address, std::string("is=n") + (address + 7));
  EXPECT_THROW(run({"10.0.0.1", "10.0.0.2"}), Error);
  EXPECT_THAT(phases_, IsEmpty());
}

// As many as the cluster of the 2021 article has, 8 ranks on each: nothing may grow with their square.
TEST_F(ClusterTest, SevenHundredAndTwentyNodesOfEightRanks) {
  plan_.nodes = {720, 8, 8};
  for (auto& planned : plan_.cases) planned.per_node = planned.ranks = 8;
  add_case(1, "whole/all_reduce");
  plan_.cases.back().per_node = 8;
  std::vector<std::string> nodes;
  for (int i = 0; i < 728; ++i) nodes.push_back("n" + std::to_string(i));
  node("n7", "faulty");
  node("n300", "dies");
  EXPECT_TRUE(run(nodes).done);
  EXPECT_THAT(excluded_, ElementsAre("n7 inventory", "n300 nodes"));
  ASSERT_EQ(worlds_.size(), 1U);
  EXPECT_EQ(worlds_[0].size(), 720U);
  EXPECT_EQ(worlds_[0].back(), "n721");
  EXPECT_THAT(failures_, IsEmpty());
}

TEST_F(ClusterTest, WorkersThatLoseANodeStartAgainWithoutIt) {
  add_case(1, "whole/one", "ok");
  add_case(1, "whole/two", "gone b once");
  add_case(1, "whole/three", "ok");
  EXPECT_TRUE(run().done);
  EXPECT_THAT(worlds_, ElementsAre(ElementsAre("a", "b", "c", "d"), ElementsAre("a", "c", "d")));
  EXPECT_THAT(excluded_, ElementsAre("b whole"));
  EXPECT_THAT(failures_, IsEmpty()) << "the case was innocent";
}

TEST_F(ClusterTest, ACaseThatDiesWhileAllNodesAnswerPaysForIt) {
  add_case(1, "whole/one", "crash");
  add_case(1, "whole/two", "ok");
  EXPECT_TRUE(run().done);
  EXPECT_THAT(excluded_, IsEmpty());
  ASSERT_EQ(failures_.size(), 1U);
  EXPECT_EQ(failures_[0].case_name, "whole/one");
}

TEST_F(ClusterTest, CasesThatNeedMoreRanksThanAreLeftFail) {
  add_case(1, "whole/four", "ok");
  plan_.cases.back().per_node = 0;
  node("c", "faulty");
  run();
  ASSERT_EQ(failures_.size(), 1U);
  EXPECT_THAT(failures_[0].message, HasSubstr("4 ranks do not fit on the 3 nodes"));
}

NodeAnswer answer(std::vector<std::string> const& gpus, std::string const& nccl = "2.21") {
  NodeSeen seen;
  for (auto const& name : gpus) {
    DeviceInfo gpu;
    gpu.name = name;
    gpu.memory_bytes = 80ULL << 30;
    seen.node.gpus.push_back(gpu);
  }
  seen.node.software = {{"NCCL", nccl}};
  NodeAnswer answer;
  answer.seen = seen;
  return answer;
}

TEST(Inventory, ANodeWithOtherGpusThanMostIsUnfit) {
  AgentReport report;
  for (auto const* name : {"a", "b", "c"}) report.nodes[name] = answer({"A100", "A100"});
  report.nodes["d"] = answer({"A100", "A30"});
  auto const unfit = unfit_nodes(report);
  ASSERT_EQ(unfit.size(), 1U);
  EXPECT_EQ(unfit[0].node, "d");
  EXPECT_THAT(unfit[0].reason, HasSubstr("3 of 4 nodes have 2 x A100 (80 GiB)"));
}

TEST(Inventory, WithoutAMajorityNobodyIsOdd) {
  AgentReport report;
  report.nodes["a"] = answer({"A100"});
  report.nodes["b"] = answer({"A30"});
  EXPECT_THAT(unfit_nodes(report), IsEmpty());
}

TEST(Inventory, AnotherNcclIsNamedOnceWithTheRest) {
  AgentReport report;
  for (auto const* name : {"a", "b"}) report.nodes[name] = answer({"A100"});
  report.nodes["c"] = answer({"A100"}, "2.18");
  report.nodes["c"].seen->faults = {"one", "two"};
  auto const unfit = unfit_nodes(report);
  ASSERT_EQ(unfit.size(), 1U);
  EXPECT_THAT(unfit[0].reason, testing::StartsWith("one; two; it has NCCL 2.18"));
}

TEST(Inventory, AClockThatIsCertainlyOffIsSaid) {
  AgentReport report;
  report.nodes["a"] = answer({});
  report.nodes["b"] = answer({});
  report.nodes["b"].ahead_seconds = -3600;
  auto const odd = odd_clocks(report);
  ASSERT_EQ(odd.size(), 1U);
  EXPECT_THAT(odd[0].reason, HasSubstr("3600 s behind this node's"));
}

}  // namespace
}  // namespace muster
