// One launch of one arm, by scripts in a muster's place.
#include "harness/app/versus_turn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "harness/launch/interrupt.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using ::testing::HasSubstr;

class VersusTurnTest : public ::testing::Test {
 protected:
  VersusTurnTest() { std::filesystem::create_directories(folder_.path() / "run" / "journal"); }

  /// $journal is the supervisor's, which tells that it is alive.
  TurnEnd take(std::string const& script, TurnSettings settings = {}) {
    auto const program = folder_.path() / "muster";
    std::ofstream(program) << "#!/bin/sh\njournal="
                           << (folder_.path() / "run/journal/supervisor.ndjson").string() << "\n"
                           << script << "\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    ArmProgram const arm{program.string(), {}, {}, {"--launcher=direct"}, {{"SHADE", "blue"}}};
    settings.tied = false;  // to a program that can tie
    return take_turn(
        {arm, folder_.path() / "run", log(), 2, retry_}, [this](auto const& line) { last_ = line; },
        settings);
  }
  std::filesystem::path log() const { return folder_.path() / "log.txt"; }
  std::string logged() const {
    std::ifstream stream(log());
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  TemporaryFolder folder_;
  std::string last_;
  bool retry_ = false;
};

TEST_F(VersusTurnTest, TheArmGoesOnWithItsRunForOneLaunchMore) {
  retry_ = true;
  auto const end = take("echo \"$@\" $SHADE");
  EXPECT_EQ(end.exit_code, 0);
  EXPECT_EQ(end.words, "");
  EXPECT_EQ(logged(), "run --resume " + (folder_.path() / "run").string() +
                          " --launches 3 --retry-failed --launcher=direct blue\n");
}

TEST_F(VersusTurnTest, CasesThatFailOrAreWrongAreNoReasonToStop) {
  for (int const code : {4, 5}) {
    auto const end = take("exit " + std::to_string(code));
    EXPECT_EQ(end.exit_code, code);
    EXPECT_EQ(end.words, "");
  }
}

TEST_F(VersusTurnTest, AnythingElseIsAndItsLastWordsSayWhy) {
  EXPECT_THAT(take("echo earlier; exit 0").words, "");
  auto const refused = take("echo 'muster: no device today' >&2; exit 6");
  EXPECT_EQ(refused.exit_code, 6);
  EXPECT_EQ(refused.words, "its run ended with exit code 6: muster: no device today");
  auto const killed = take("kill -9 $$");
  EXPECT_EQ(killed.exit_code, 6) << "infrastructure";
  EXPECT_THAT(killed.words, HasSubstr("signal 9"));
  EXPECT_EQ(take("exit 143").exit_code, 143) << "stopped by somebody else";
}

TEST_F(VersusTurnTest, ItsLastLineIsToldMeanwhile) {
  take("echo first; echo second; sleep 0.3");
  EXPECT_EQ(last_, "second");
}

TEST_F(VersusTurnTest, SilenceEndsItAndSignsOfLifeDoNot) {
  auto const silent = take("sleep 20", {.silence_seconds = 0.3});
  EXPECT_EQ(silent.exit_code, 6);
  EXPECT_THAT(silent.words, HasSubstr("no sign of life for 300 ms"));
  auto const alive =
      take("for i in 1 2 3 4 5 6 7 8 9 10; do echo >>$journal; sleep 0.2; done", {.silence_seconds = 1.5});
  EXPECT_EQ(alive.exit_code, 0) << alive.words;
}

TEST_F(VersusTurnTest, AnInterruptIsHandedOnAndItMaySave) {
  InterruptGuard const guard;
  std::jthread const interrupter([this] {
    while (!std::filesystem::exists(folder_.path() / "ready")) std::this_thread::yield();
    kill(getpid(), SIGINT);
  });
  auto const end = take("trap 'echo saved; exit 130' INT; touch $journal " +
                        (folder_.path() / "ready").string() + "; while :; do sleep 0.05; done");
  EXPECT_EQ(end.signal, SIGINT);
  EXPECT_EQ(end.exit_code, 130);
  EXPECT_EQ(end.words, "");
  EXPECT_THAT(logged(), HasSubstr("saved"));
}

TEST_F(VersusTurnTest, OneThatDoesNotHeedItIsEnded) {
  InterruptGuard const guard;
  std::jthread const interrupter([this] {
    while (!std::filesystem::exists(folder_.path() / "ready")) std::this_thread::yield();
    kill(getpid(), SIGTERM);
  });
  auto const end = take("trap '' TERM; touch " + (folder_.path() / "ready").string() + "; sleep 20 & wait",
                        {.save_seconds = 0.2});
  EXPECT_EQ(end.signal, SIGTERM);
}

}  // namespace
}  // namespace muster
