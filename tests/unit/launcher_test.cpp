#include "harness/launch/launcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using testing::AllOf;
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
                          "--ranks", "1", "--cases", "0,3,4", "--group", "solo", "--attempt", "0"));
}

TEST(WorkerArguments, OverSocketsHaveANameOfTheStart) {
  auto const argv = worker_argv({"/opt/muster", "/tmp/run", 0, 2, {1}, "sockets", "0a1b"});
  EXPECT_EQ(argv[argv.size() - 2], "--start");
  EXPECT_EQ(argv.back(), "0a1b");
}

TEST(MpirunLauncher, StartsOneWorkerARank) {
  auto const command = mpirun_launcher({MpiKind::open_mpi, false, 8})->command(call(4));
  EXPECT_THAT(command.argv,
              ElementsAre("/opt/muster/bin/muster", "tied", "--supervisor", std::to_string(getpid()), "--",
                          "mpirun", "-n", "4", "--bind-to", "none", "/opt/muster/bin/muster", "worker",
                          "--root", "/tmp/run folder", "--launch", "2", "--ranks", "4", "--cases", "0,3,4",
                          "--group", "mpi", "--attempt", "0"));
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

/// The words of the file that an option names.
std::string file_of(Command const& command, std::string const& option) {
  auto const at = std::find(command.argv.begin(), command.argv.end(), option);
  EXPECT_LT(at - command.argv.begin() + 1, static_cast<long>(command.argv.size())) << option;
  std::ostringstream text;
  text << std::ifstream(*(at + 1)).rdbuf();
  return text.str();
}

class MpirunOnNodes : public testing::Test {
 protected:
  Command command(MpiKind kind, Spawn const& spawn, bool inner = false) const {
    return mpirun_launcher({kind, false, 4, folder_.path(), inner})->command(spawn);
  }
  TemporaryFolder folder_;
  Spawn spawn_{{"/opt/muster", "worker"}, 3, {"b", "a"}, 2};
};

TEST_F(MpirunOnNodes, NumbersRanksInTheirOrder) {
  auto const open_mpi = command(MpiKind::open_mpi, spawn_);
  EXPECT_THAT(open_mpi.argv, AllOf(Contains("--map-by"), Contains("seq"), Not(Contains("--oversubscribe"))));
  EXPECT_EQ(file_of(open_mpi, "--hostfile"), "b\nb\na\n");
  EXPECT_EQ(file_of(command(MpiKind::mpich, spawn_), "-f"), "b\nb\na\n");
}

TEST_F(MpirunOnNodes, AreCrowdedByTheRanksOfOneNode) {
  spawn_ = {{"/opt/muster", "worker"}, 10, {"b", "a"}, 5};
  EXPECT_THAT(command(MpiKind::open_mpi, spawn_).argv, Contains("--oversubscribe"));
}

TEST_F(MpirunOnNodes, OfASlurmJobAreNotLimitedToItsTasks) {
  MpirunSettings settings{MpiKind::open_mpi, false, 4, folder_.path()};
  settings.in_job = true;
  auto const counted = mpirun_launcher(settings)->command(spawn_);
  EXPECT_THAT(counted.argv, Contains("--oversubscribe"));
  EXPECT_THAT(counted.env, Contains(Pair("OMPI_MCA_mpi_yield_when_idle", "0"))) << "cores are not shared";
  spawn_.nodes.clear();
  setenv("SLURM_TASKS_PER_NODE", "1", 1);
  auto const here = mpirun_launcher(settings)->command(spawn_);
  EXPECT_THAT(here.argv, Not(Contains("--oversubscribe")));
  EXPECT_THAT(here.unset, Contains("SLURM_TASKS_PER_NODE"));
  unsetenv("SLURM_TASKS_PER_NODE");
}

TEST_F(MpirunOnNodes, ProcessesThatStandAloneDoNotEndEachOther) {
  spawn_.world = false;
  auto const open_mpi = command(MpiKind::open_mpi, spawn_).argv;
  EXPECT_EQ(std::vector<std::string>(open_mpi.end() - 5, open_mpi.end()),
            (std::vector<std::string>{"/opt/muster", "apart", "--", "/opt/muster", "worker"}));
  EXPECT_THAT(command(MpiKind::mpich, spawn_).argv,
              AllOf(Contains("-disable-auto-cleanup"), Not(Contains("apart"))));
}

TEST_F(MpirunOnNodes, InsideOfAnotherLauncherForgetsIt) {
  setenv("PMIX_NAMESPACE", "outer", 1);
  spawn_.nodes.clear();
  EXPECT_THAT(command(MpiKind::open_mpi, spawn_, true).unset, Contains("PMIX_NAMESPACE"));
  EXPECT_TRUE(command(MpiKind::open_mpi, spawn_, false).unset.empty());
  unsetenv("PMIX_NAMESPACE");
}

TEST(MpiKind, IsReadFromTheVersionText) {
  EXPECT_EQ(mpi_kind("mpirun (Open MPI) 4.1.4\n\nReport bugs to ..."), MpiKind::open_mpi);
  EXPECT_EQ(mpi_kind("HYDRA build details:\n    Version:  4.0.2\n"), MpiKind::mpich);
}

}  // namespace
}  // namespace muster
