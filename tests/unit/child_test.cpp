#include "harness/launch/child.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "harness/core/error.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using testing::HasSubstr;

TEST(Ask, GivesOutputErrorsAndExitCode) {
  auto const answer = ask({{"sh", "-c", "echo out; echo err >&2; exit 3"}}, 20);
  EXPECT_EQ(answer.output, "out\n");
  EXPECT_EQ(answer.errors, "err\n");
  EXPECT_EQ(answer.ending.exit_code, 3);
  EXPECT_FALSE(answer.timed_out);
}

TEST(Ask, StopsAtTheDeadline) { EXPECT_TRUE(ask({{"sleep", "600"}}, 0.1).timed_out); }

TEST(Ask, NamesTheSignalThatEndedIt) {
  auto const answer = ask({{"sh", "-c", "kill -9 $$"}}, 20);
  EXPECT_EQ(answer.ending.signal, SIGKILL);
  EXPECT_EQ(answer.ending.text(), "signal 9 (Killed)");
}

TEST(Ask, SaysWhatCannotBeStarted) {
  try {
    ask({{"muster-no-such-program"}}, 5);
    FAIL() << "started a program that is not there";
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::infrastructure);
    EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("muster-no-such-program"), HasSubstr("PATH")));
  }
}

TEST(Ask, ArgumentsNeverReachAShell) {
  TemporaryFolder const folder;
  auto const trap = folder.path() / "trap";
  std::vector<std::string> const payloads{"$(touch " + trap.string() + ")",
                                          "; touch " + trap.string(),
                                          "`touch " + trap.string() + "`",
                                          "a\ntouch " + trap.string(),
                                          "-n",
                                          "'\"\\"};
  for (auto const& payload : payloads) {
    auto const answer = ask({{"printf", "%s", payload}}, 20);
    EXPECT_EQ(answer.output, payload);
  }
  EXPECT_FALSE(std::filesystem::exists(trap));
}

TEST(Ask, EnvironmentOnTopReplacesWhatWasThere) {
  setenv("MUSTER_TEST_VALUE", "old", 1);
  EXPECT_EQ(
      ask({{"sh", "-c", "printf %s \"$MUSTER_TEST_VALUE\""}, {{"MUSTER_TEST_VALUE", "new"}}}, 20).output,
      "new");
  unsetenv("MUSTER_TEST_VALUE");
}

TEST(Ask, UnsetVariablesAreNotThere) {
  setenv("MUSTER_TEST_VALUE", "old", 1);
  setenv("MUSTER_TEST_VALUE_TOO", "kept", 1);
  EXPECT_EQ(ask({{"sh", "-c", "printf %s \"${MUSTER_TEST_VALUE-none} $MUSTER_TEST_VALUE_TOO\""},
                 {},
                 {"MUSTER_TEST_VALUE"}},
                20)
                .output,
            "none kept");
  unsetenv("MUSTER_TEST_VALUE");
  unsetenv("MUSTER_TEST_VALUE_TOO");
}

TEST(Child, StopEndsAlsoWhatIgnoresTerm) {
  TemporaryFolder const folder;
  Child child({{"sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"}}, folder.path() / "log",
              folder.path() / "log");
  while (std::filesystem::file_size(folder.path() / "log") == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(child.stop(0.1).signal, SIGKILL);
}

TEST(Child, GrandchildrenEndWithIt) {
  TemporaryFolder const folder;
  auto const log = folder.path() / "log";
  {
    Child child({{"sh", "-c", "sleep 600 & echo $!; wait"}}, log, log);
    while (std::filesystem::file_size(log) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  pid_t grandchild = 0;
  std::ifstream(log) >> grandchild;
  ASSERT_GT(grandchild, 0);
  auto const running = [&] {  // a zombie that nobody has reaped yet does not run
    std::ifstream stat("/proc/" + std::to_string(grandchild) + "/stat");
    std::string pid, name, state;
    return static_cast<bool>(stat >> pid >> name >> state) && state != "Z";
  };
  for (int i = 0; i < 200 && running(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(running());
}

}  // namespace
}  // namespace muster
