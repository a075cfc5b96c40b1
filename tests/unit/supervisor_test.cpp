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

class SupervisorTest : public testing::Test {
 protected:
  void script(std::vector<std::string> const& actions, int launches = 1, double deadline = 30) {
    std::ofstream file(folder_.path() / "script.txt");
    for (auto const& action : actions) {
      file << action << "\n";
      PlannedCase planned;
      planned.name = "case" + std::to_string(plan_.cases.size());
      planned.deadline_seconds = deadline;
      plan_.cases.push_back(planned);
    }
    plan_.launches = launches;
  }

  RunStop run(double start_seconds = 30) {
    RunFolder const run{folder_.path()};
    std::filesystem::create_directories(run.journals());
    JournalWriter journal(run.supervisor_journal());
    SupervisorSettings settings{MUSTER_SCRIPTED_WORKER, run, start_seconds, 0.2};
    auto const none = []() -> std::unique_ptr<Launcher> {
      throw Error(ExitCode::infrastructure, "no mpirun here");
    };
    return Supervisor(plan_, settings, journal, none, [&](Event const& event) { note(event); }).run();
  }

  void note(Event const& event) {
    if (auto const* record = std::get_if<CaseRecord>(&event)) recorded_.push_back(record->case_index);
    if (auto const* failed = std::get_if<CaseFailed>(&event)) failures_.push_back(failed->failure);
  }

  TemporaryFolder folder_;
  Plan plan_;
  std::vector<std::size_t> recorded_;
  std::vector<Failure> failures_;
};

TEST_F(SupervisorTest, RunsEveryCaseOfEveryLaunch) {
  script({"ok", "ok"}, 3);
  EXPECT_TRUE(run().done);
  EXPECT_THAT(recorded_, ElementsAre(0, 1, 0, 1, 0, 1));
  EXPECT_TRUE(failures_.empty());
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
