// Two runs in one folder: the second is refused, a dead one's lock is taken over.
#include "harness/record/run_lock.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <ctime>

#include "harness/core/error.hpp"
#include "tests/unit/record_fixtures.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

void nothing() {}

class RunLockTest : public ::testing::Test {
 protected:
  std::string refusal(LockHolder const& self) {
    try {
      RunLock const lock(folder_.path(), self, nothing);
      return "";
    } catch (Error const& error) {
      EXPECT_EQ(error.exit_code, ExitCode::usage);
      return error.what();
    }
  }

  /// As another host would have left it, `age` seconds ago by the file system's clock.
  void foreign_lock(LockHolder holder, double age) {
    holder.boot = "another";
    test::write_file(file(),
                     "{\"host\":\"" + holder.host + "\",\"pid\":" + std::to_string(holder.pid) +
                         ",\"process_start\":1,\"boot\":\"another\",\"pid_space\":\"\",\"job_id\":\"" +
                         holder.job_id + "\",\"restarts\":" + std::to_string(holder.restarts) + "}");
    struct timespec now {};
    clock_gettime(CLOCK_REALTIME, &now);
    struct timespec times[2] = {now, now};
    times[0].tv_sec = times[1].tv_sec -= static_cast<time_t>(age);
    ASSERT_EQ(utimensat(AT_FDCWD, file().c_str(), times, 0), 0);
  }

  std::filesystem::path file() const { return folder_.path() / "lock"; }

  TemporaryFolder folder_;
};

LockHolder far(std::string job_id = {}, int restarts = 0) {
  LockHolder holder;
  holder.host = "node17";
  holder.pid = 4711;
  holder.job_id = std::move(job_id);
  holder.restarts = restarts;
  return holder;
}

TEST_F(RunLockTest, IsHeldAsLongAsItLivesAndGoneAfterwards) {
  {
    RunLock const lock(folder_.path(), this_process(), nothing);
    auto const state = look_at_lock(folder_.path(), this_process());
    ASSERT_TRUE(state);
    EXPECT_EQ(state->holder.pid, getpid());
    EXPECT_EQ(state->alive, true);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path())) << "no file of its own stays behind";
}

TEST_F(RunLockTest, ALivingProcessKeepsOthersOutAndIsNamed) {
  RunLock const lock(folder_.path(), this_process("81"), nothing);
  EXPECT_THAT(refusal(this_process()), AllOf(HasSubstr("process " + std::to_string(getpid())),
                                             HasSubstr("(job 81)"), HasSubstr("-o")));
}

TEST_F(RunLockTest, ADeadProcessOfThisHostLosesIt) {
  pid_t const child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    new RunLock(folder_.path(), this_process(), nothing);
    raise(SIGKILL);
  }
  waitpid(child, nullptr, 0);
  RunLock const lock(folder_.path(), this_process(), nothing);
  ASSERT_TRUE(lock.taken_from());
  EXPECT_EQ(lock.taken_from()->pid, child);
}

TEST_F(RunLockTest, ANumberThatAnotherProcessHasNowIsADeadHolder) {
  auto holder = this_process();
  holder.process_start -= 1;
  RunLock lock(folder_.path(), holder, nothing);
  EXPECT_EQ(look_at_lock(folder_.path(), this_process())->alive, false);
}

TEST_F(RunLockTest, AnotherHostIsBelievedForAWhile) {
  foreign_lock(far(), 20);
  EXPECT_THAT(refusal(this_process()), AllOf(HasSubstr("process 4711 on node17"),
                                             HasSubstr("last sign of life"), HasSubstr("try again")));
  foreign_lock(far(), 70);
  EXPECT_EQ(refusal(this_process()), "");
}

TEST_F(RunLockTest, AHoldersClockThatIsAheadMakesItNoOlder) {
  foreign_lock(far(), -3600);
  EXPECT_THAT(refusal(this_process()), HasSubstr("last sign of life"));
}

TEST_F(RunLockTest, TheSameJobStartedAnewTakesItAtOnce) {
  foreign_lock(far("81", 1), 0);
  EXPECT_THAT(refusal(this_process("81", 1)), HasSubstr("node17"));
  EXPECT_THAT(refusal(this_process("82", 2)), HasSubstr("node17"));
  EXPECT_EQ(refusal(this_process("81", 2)), "");
}

TEST_F(RunLockTest, ATornLockIsJudgedByItsAge) {
  test::write_file(file(), "{\"host\":");
  EXPECT_THAT(refusal(this_process()), HasSubstr("another run"));
}

TEST_F(RunLockTest, GivesSignsOfLife) {
  RunLock const lock(folder_.path(), this_process(), nothing, {0.02, 60});
  struct timespec const old[2] = {{1, 0}, {1, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, file().c_str(), old, 0), 0);
  struct stat info {};
  for (int i = 0; i < 3000 && info.st_mtim.tv_sec < 100; ++i) {
    usleep(10'000);
    stat(file().c_str(), &info);
  }
  EXPECT_GT(info.st_mtim.tv_sec, 100);
}

TEST_F(RunLockTest, OneWhoseLockWasTakenIsTold) {
  std::atomic<bool> lost{false};
  RunLock const lock(folder_.path(), this_process(), [&] { lost = true; }, {0.02, 60});
  std::filesystem::rename(file(), folder_.path() / "old");
  test::write_file(file(), "{}");
  for (int i = 0; i < 3000 && !lost; ++i) usleep(10'000);
  EXPECT_TRUE(lost);
}

TEST_F(RunLockTest, ManyAtOnceTakeADeadOneByTurns) {
  foreign_lock(far(), 70);
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    pid_t const child = fork();
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    try {
      RunLock const lock(folder_.path(), this_process(), nothing);
      usleep(2'000'000);
      _exit(0);
    } catch (Error const&) {
      _exit(2);
    }
  }
  int holders = 0, refused = 0;
  for (auto const child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    holders += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    refused += WIFEXITED(status) && WEXITSTATUS(status) == 2;
  }
  EXPECT_EQ(holders, 1);
  EXPECT_EQ(refused, 7);
}

}  // namespace
}  // namespace muster
