// A worker that dies, hangs or cannot save costs one case; the supervisor goes on with the rest.
#include "harness/launch/supervisor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <thread>

#include "harness/core/error.hpp"
#include "harness/launch/interrupt.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// One process that plays all the ranks.
class ScriptedLauncher : public Launcher {
 public:
  std::string name() const override { return "scripted"; }
  Command command(Spawn const& spawn) const override { return direct_launcher()->command(spawn); }
  std::optional<LostRank> lost_rank(std::string const& log) const override {
    auto const lost = lost_by_open_mpi(log);
    return lost ? lost : lost_by_mpich(log);
  }
};

class SupervisorTest : public testing::Test {
 protected:
  void script(std::vector<std::string> const& actions, int launches = 1, double deadline = 30) {
    std::ofstream file(folder_.path() / "script.txt");
    for (auto const& action : actions) {
      file << action << "\n";
      PlannedCase planned;
      planned.name = "case" + std::to_string(plan_.cases.size());
      planned.deadline_seconds = deadline;
      planned.launches = launches;
      plan_.cases.push_back(planned);
    }
    plan_.launches = launches;
  }

  RunStop run(double start_seconds = 30) {
    RunFolder const run{folder_.path()};
    std::filesystem::create_directories(run.journals());
    JournalWriter journal(run.supervisor_journal());
    SupervisorSettings settings{MUSTER_SCRIPTED_WORKER, run, start_seconds, 0.2, 0.5, 0.3, listing_seconds_};
    auto const none = [this]() -> std::unique_ptr<Launcher> {
      if (scripted_ranks_) return std::make_unique<ScriptedLauncher>();
      throw Error(ExitCode::infrastructure, "no mpirun here");
    };
    return Supervisor(plan_, settings, journal, none, [&](Event const& event) { note(event); }).run();
  }

  void note(Event const& event) {
    if (auto const* record = std::get_if<CaseRecord>(&event)) recorded_.push_back(record->case_index);
    if (auto const* failed = std::get_if<CaseFailed>(&event)) failures_.push_back(failed->failure);
  }

  /// All cases of so many ranks, which one scripted process plays.
  void with_ranks(int ranks) {
    scripted_ranks_ = true;
    for (auto& planned : plan_.cases) {
      planned.ranks = ranks;
      planned.operation_seconds = 3;
    }
  }

  TemporaryFolder folder_;
  Plan plan_;
  bool scripted_ranks_ = false;
  double listing_seconds_ = 30;
  std::vector<std::size_t> recorded_;
  std::vector<Failure> failures_;
};

TEST_F(SupervisorTest, RunsEveryCaseOfEveryLaunch) {
  script({"ok", "ok"}, 3);
  EXPECT_TRUE(run().done);
  EXPECT_THAT(recorded_, ElementsAre(0, 1, 0, 1, 0, 1));
  EXPECT_TRUE(failures_.empty());
}

// Seen with two hosts: the record of one node's ranks came after the other had begun the next case.
TEST_F(SupervisorTest, ANodeWhoseJournalLagsCostsNothing) {
  script({"far", "far", "ok", "far"});
  with_ranks(2);
  EXPECT_TRUE(run().done);
  EXPECT_TRUE(failures_.empty()) << failures_.front().message;
}

// NFS may show a new file a minute after all workers have ended.
TEST_F(SupervisorTest, AJournalThatShowsUpAfterTheWorkersHaveEndedIsWaitedFor) {
  script({"ok", "late file"});
  with_ranks(2);
  EXPECT_TRUE(run().done);
  EXPECT_TRUE(failures_.empty()) << failures_.front().message;
  EXPECT_THAT(recorded_, ElementsAre(0, 1, 1));
}

TEST_F(SupervisorTest, AJournalThatNeverShowsUpIsNotWaitedForLonger) {
  listing_seconds_ = 0.05;
  script({"ok", "late file"});
  with_ranks(2);
  run();
  ASSERT_EQ(failures_.size(), 1u);
  EXPECT_EQ(failures_[0].case_name, "case1");
}

TEST_F(SupervisorTest, ACrashCostsOneCaseAndIsDescribed) {
  script({"ok", "crash", "ok"});
  EXPECT_TRUE(run().done);
  EXPECT_THAT(recorded_, ElementsAre(0, 2));
  ASSERT_EQ(failures_.size(), 1u);
  EXPECT_EQ(failures_[0].case_name, "case1");
  EXPECT_EQ(failures_[0].kind, CaseStatus::crashed);
  EXPECT_EQ(failures_[0].phase, "sample");
  EXPECT_THAT(failures_[0].message, testing::AllOf(HasSubstr("signal 9"), HasSubstr("about to crash")));
}

TEST_F(SupervisorTest, AnExitCodeCostsOneCaseToo) {
  script({"exit", "ok"});
  run();
  EXPECT_THAT(recorded_, ElementsAre(1));
  EXPECT_THAT(failures_.at(0).message, HasSubstr("exit code 9"));
}

TEST_F(SupervisorTest, AHangEndsAtItsDeadline) {
  script({"hang", "ok"}, 1, 0.3);
  EXPECT_TRUE(run().done);
  EXPECT_THAT(recorded_, ElementsAre(1));
  ASSERT_EQ(failures_.size(), 1u);
  EXPECT_EQ(failures_[0].kind, CaseStatus::timed_out);
}

TEST_F(SupervisorTest, AHangSaysWhereItStood) {
  script({"answer", "ok"}, 1, 0.3);
  run();
  EXPECT_THAT(recorded_, ElementsAre(1));
  ASSERT_EQ(failures_.size(), 1u);
  EXPECT_EQ(failures_[0].kind, CaseStatus::timed_out);
  EXPECT_EQ(failures_[0].rank, 0);
  EXPECT_EQ(failures_[0].node, "here");
  EXPECT_THAT(failures_[0].message, HasSubstr("8.1 s in barrier, group call 512, phase 'sample'"));
}

TEST_F(SupervisorTest, ARankThatSaysNothingWhileOthersExpireIsNamed) {
  script({"ok", "expire once", "ok"});
  with_ranks(3);
  auto const begin = std::chrono::steady_clock::now();
  run();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(15))
      << "long before the deadline of 30 s";
  EXPECT_THAT(recorded_, ElementsAre(0, 2));
  ASSERT_EQ(failures_.size(), 1u);
  EXPECT_EQ(failures_[0].case_name, "case1");
  EXPECT_EQ(failures_[0].kind, CaseStatus::timed_out);
  EXPECT_EQ(failures_[0].rank, 1);
  EXPECT_EQ(failures_[0].node, "here");
  EXPECT_THAT(failures_[0].message, testing::AllOf(HasSubstr("operation deadline of 3.0 s"),
                                                   HasSubstr("ranks 0, 2 waited 8.1 s in barrier"),
                                                   HasSubstr("rank 1 gave no sign")));
}

TEST_F(SupervisorTest, StandsOfAnEarlierWorkerSetDoNotCount) {
  script({"expire", "lost", "ok"});
  with_ranks(3);
  run();
  EXPECT_THAT(recorded_, ElementsAre(2));
  ASSERT_EQ(failures_.size(), 2u);
  EXPECT_EQ(failures_[0].rank, 1);
  EXPECT_EQ(failures_[1].kind, CaseStatus::crashed);
  EXPECT_EQ(failures_[1].rank, 2) << "in the launcher's words";
  EXPECT_EQ(failures_[1].node, "here");
  EXPECT_THAT(failures_[1].message, HasSubstr("rank 2 on here: signal 9 (Killed)"));
}

TEST_F(SupervisorTest, ARankThatAnswersIsGivenTheTimeToDoSo) {
  script({"late", "ok"});
  with_ranks(2);
  run();
  ASSERT_EQ(failures_.size(), 1u);
  EXPECT_EQ(failures_[0].rank, 1);
  EXPECT_THAT(failures_[0].message,
              HasSubstr("rank 1 is behind: 7.0 s outside of group calls, after call 511"));
}

TEST_F(SupervisorTest, ARankIsFoundByItsProcess) {
  script({"lost process", "ok"});
  with_ranks(3);
  run();
  ASSERT_EQ(failures_.size(), 1u);
  EXPECT_EQ(failures_[0].rank, 1);
  EXPECT_EQ(failures_[0].node, "here");
}

TEST_F(SupervisorTest, ARankThatEndedItselfAtItsDeadlineIsNotToBlame) {
  script({"lost itself", "ok"});
  with_ranks(3);
  run();
  EXPECT_THAT(recorded_, ElementsAre(1));
  ASSERT_EQ(failures_.size(), 1u);
  EXPECT_EQ(failures_[0].rank, -1) << "its stand is not to be seen, only its word in the log";
  EXPECT_THAT(failures_[0].message, HasSubstr("rank 0 on here: 3.0 s in barrier"));
}

TEST_F(SupervisorTest, WorkersThatDoNotEndAfterTheirLastCaseAreStopped) {
  script({"ok", "linger"}, 2);
  EXPECT_TRUE(run().done);
  EXPECT_THAT(recorded_, ElementsAre(0, 1, 0, 1));
  EXPECT_TRUE(failures_.empty()) << "nothing that is recorded is taken back";
}

TEST_F(SupervisorTest, WorkersThatRefuseToStartAreNotTriedAgain) {
  script({"refuse once", "ok"});
  run();
  EXPECT_TRUE(recorded_.empty());
  ASSERT_EQ(failures_.size(), 2u);
  EXPECT_THAT(failures_[0].message,
              testing::StartsWith("the workers could not start: muster: this rank sees a world of "
                                  "1; their log: "));
}

TEST_F(SupervisorTest, WorkersThatNeverStartAreGivenUpAfterTheSecondTry) {
  script({"mute", "ok"});
  EXPECT_TRUE(run().done);
  EXPECT_TRUE(recorded_.empty());
  ASSERT_EQ(failures_.size(), 2u);
  EXPECT_EQ(failures_[0].phase, "start");
  EXPECT_THAT(failures_[1].message, HasSubstr("twice in a row"));
}

TEST_F(SupervisorTest, AWorkerThatFailedToStartOnceIsTriedAgain) {
  script({"mute once", "ok"});
  run();
  EXPECT_THAT(recorded_, ElementsAre(0, 1));
  EXPECT_TRUE(failures_.empty());
}

TEST_F(SupervisorTest, AFullDiskStopsTheRunAndSaysSo) {
  script({"ok", "full", "ok"}, 2);
  auto const stop = run();
  EXPECT_FALSE(stop.done);
  EXPECT_THAT(stop.not_saved, HasSubstr("no space left"));
  EXPECT_THAT(recorded_, ElementsAre(0));
}

TEST_F(SupervisorTest, CasesThatNoLauncherCanStartFailWithItsReason) {
  script({"ok", "ok"});
  plan_.cases[1].ranks = 2;
  EXPECT_TRUE(run().done);
  EXPECT_THAT(recorded_, ElementsAre(0));
  ASSERT_EQ(failures_.size(), 1u);
  EXPECT_THAT(failures_[0].message, HasSubstr("no mpirun here"));
}

TEST_F(SupervisorTest, ASignalStopsTheRunAndKeepsWhatWasFinished) {
  script({"ok", "hang", "ok"});
  InterruptGuard const guard;
  std::thread sender([this] {
    std::ifstream journal;
    for (int i = 0; i < 1000; ++i) {  // until the second case has begun
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      journal.open(RunFolder{folder_.path()}.node_journal("here"));
      std::string const text{std::istreambuf_iterator<char>(journal), {}};
      journal.close();
      if (std::ranges::count(text, '\n') >= 4) break;
    }
    kill(getpid(), SIGTERM);
  });
  auto const stop = run();
  sender.join();
  EXPECT_FALSE(stop.done);
  EXPECT_EQ(stop.signal, SIGTERM);
  EXPECT_THAT(recorded_, ElementsAre(0));
  EXPECT_TRUE(failures_.empty());
}

}  // namespace
}  // namespace muster
