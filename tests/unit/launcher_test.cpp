#include "harness/launch/launcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace muster {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::Pair;

Spawn call(int ranks) {
  return {worker_argv(
              {"/opt/muster/bin/muster", "/tmp/run folder", 2, ranks, {0, 3, 4}, ranks > 1 ? "mpi" : "solo"}),
          ranks};
}

TEST(DirectLauncher, StartsTheWorkerItself) {
  EXPECT_THAT(direct_launcher()->command(call(1)).argv,
              ElementsAre("/opt/muster/bin/muster", "worker", "--root", "/tmp/run folder", "--launch", "2",
                          "--ranks", "1", "--cases", "0,3,4", "--group", "solo"));
}

TEST(WorkerArguments, OverSocketsHaveANameOfTheStart) {
  auto const argv = worker_argv({"/opt/muster", "/tmp/run", 0, 2, {1}, "sockets", "0a1b"});
  EXPECT_EQ(argv[argv.size() - 2], "--start");
  EXPECT_EQ(argv.back(), "0a1b");
}

TEST(MpirunLauncher, StartsOneWorkerARank) {
  auto const command = mpirun_launcher({MpiKind::open_mpi, false, 8})->command(call(4));
  EXPECT_THAT(
      command.argv,
      ElementsAre("/opt/muster/bin/muster", "tied", "--supervisor", std::to_string(getpid()), "--", "mpirun",
                  "-n", "4", "--bind-to", "none", "/opt/muster/bin/muster", "worker", "--root",
                  "/tmp/run folder", "--launch", "2", "--ranks", "4", "--cases", "0,3,4", "--group", "mpi"));
  EXPECT_TRUE(command.env.empty());
}

TEST(MpirunLauncher, MoreRanksThanCoresYieldWhenIdle) {
  auto const command = mpirun_launcher({MpiKind::open_mpi, false, 2})->command(call(4));
  EXPECT_THAT(command.argv, Contains("--oversubscribe"));
  EXPECT_THAT(command.env, Contains(Pair("OMPI_MCA_mpi_yield_when_idle", "1")));
}

TEST(MpirunLauncher, RootIsAllowedOnlyForRootAndSaid) {
  auto const root = mpirun_launcher({MpiKind::open_mpi, true, 8});
  EXPECT_THAT(root->command(call(2)).env, Contains(Pair("OMPI_ALLOW_RUN_AS_ROOT", "1")));
  EXPECT_THAT(root->note(), testing::HasSubstr("root"));
  EXPECT_EQ(mpirun_launcher({MpiKind::open_mpi, false, 8})->note(), "");
}

TEST(MpirunLauncher, MpichGetsNoOpenMpiOptions) {
  auto const command = mpirun_launcher({MpiKind::mpich, true, 1})->command(call(2));
  EXPECT_THAT(command.argv, Not(Contains("--bind-to")));
  EXPECT_TRUE(command.env.empty());
}

TEST(MpiKind, IsReadFromTheVersionText) {
  EXPECT_EQ(mpi_kind("mpirun (Open MPI) 4.1.4\n\nReport bugs to ..."), MpiKind::open_mpi);
  EXPECT_EQ(mpi_kind("HYDRA build details:\n    Version:  4.0.2\n"), MpiKind::mpich);
}

}  // namespace
}  // namespace muster
