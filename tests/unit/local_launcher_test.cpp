#include "harness/launch/local_launcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "harness/core/error.hpp"

namespace muster {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(LocalLauncher, StartsRanksBySayingHowMany) {
  auto const launcher = local_launcher();
  EXPECT_EQ(launcher->group(), "sockets");
  EXPECT_EQ(launcher->note(), "");
  EXPECT_THAT(launcher->command({{"/opt/muster", "worker", "--root", "a b"}, 4}).argv,
              ElementsAre("/opt/muster", "tied", "--supervisor", std::to_string(getpid()), "--",
                          "/opt/muster", "ranks", "-n", "4", "--", "/opt/muster", "worker", "--root", "a b"));
}

TEST(LocalLauncher, ForgetsTheLauncherThatThisProcessIsOf) {
  setenv("SLURM_PROCID", "7", 1);
  EXPECT_THAT(local_launcher()->command({{"/opt/muster"}, 2}).unset, Contains("SLURM_PROCID"));
  unsetenv("SLURM_PROCID");
}

TEST(LocalLauncher, ReachesNoOtherNode) {
  Spawn spawn{{"/opt/muster"}, 2};
  spawn.nodes = {"a", "b"};
  try {
    (void)local_launcher()->command(spawn);
    FAIL();
  } catch (Error const& error) {
    EXPECT_THAT(error.what(), HasSubstr("other nodes cannot be reached"));
  }
}

TEST(LostByRunRanks, IsReadFromItsWords) {
  auto const killed = lost_by_run_ranks(
      "rank 0: something\nmuster: rank 2, process 4711, ended first: signal 9 (Killed)\nmuster: more\n");
  ASSERT_TRUE(killed);
  EXPECT_EQ(killed->rank, 2);
  EXPECT_EQ(killed->process, 4711);
  EXPECT_EQ(killed->exit_code, -1);
  EXPECT_EQ(killed->message, "rank 2: signal 9 (Killed)");
  auto const failed = lost_by_run_ranks("muster: rank 0, process 1, ended first: exit code 6\n");
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->exit_code, 6);
  EXPECT_FALSE(lost_by_run_ranks("muster: rank 99999999999999999999, process 1, ended first: exit code 6\n"));
  EXPECT_FALSE(lost_by_run_ranks("all is well\n"));
}

TEST(OneNodeLauncher, WithoutMpirunMeetsOverSocketsAndSaysSo) {
  std::string const path = std::getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  auto const launcher = one_node_launcher(2);
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(launcher->name(), "local");
  EXPECT_THAT(launcher->note(), HasSubstr("without MPI"));
}

}  // namespace
}  // namespace muster
