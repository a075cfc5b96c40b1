// What srun is told, what it says, and how MPI is to find its ranks under it.
#include "harness/launch/srun_launcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "harness/core/error.hpp"
#include "harness/launch/hostlist.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace muster {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSubsetOf;
using testing::Not;

Spawn world(std::vector<std::string> nodes, int per_node) {
  int const processes = static_cast<int>(nodes.size()) * per_node;
  return {{"/opt/muster", "worker", "--root", "/a b"}, processes, std::move(nodes), per_node};
}

std::string with_start(std::vector<std::string> const& argv, std::string const& start) {
  for (auto const& word : argv) {
    if (word.starts_with(start)) return word.substr(start.size());
  }
  return "";
}

TEST(SrunLauncher, StartsAWorldOnItsNodes) {
  auto const command = srun_launcher({"pmix", {"n1", "n2", "n3"}})->command(world({"n1", "n3"}, 2));
  EXPECT_THAT(command.argv,
              ElementsAre("/opt/muster", "tied", "--supervisor", std::to_string(getpid()), "--", "srun",
                          "--export=ALL", "--input=none", "--unbuffered", "--overlap", "--mem=0",
                          "--cpu-bind=none", "--wait=0", "--mpi=pmix", "--ntasks=4", "--nodes=2",
                          "--ntasks-per-node=2", "--distribution=block", "--nodelist=n[1,3]",
                          "--kill-on-bad-exit=1", "/opt/muster", "worker", "--root", "/a b"));
  EXPECT_TRUE(command.env.empty());
}

TEST(SrunLauncher, WithoutNodesLeavesPlacesToSlurm) {
  auto const command = srun_launcher({"pmi2"})->command({{"/opt/muster"}, 8});
  EXPECT_THAT(command.argv, AllOf(Contains("--ntasks=8"), Contains("--mpi=pmi2")));
  for (auto const* option : {"--nodes", "--nodelist", "--distribution", "--ntasks-per-node"})
    EXPECT_EQ(with_start(command.argv, option), "") << option;
}

TEST(SrunLauncher, ProcessesThatStandAloneDoNotEndEachOther) {
  auto spawn = world({"n1", "n2"}, 1);
  spawn.world = false;
  auto const command = srun_launcher({"pmix", {"n1", "n2"}})->command(spawn);
  EXPECT_THAT(command.argv, AllOf(Contains("--kill-on-bad-exit=0"), Contains("--no-kill"),
                                  Contains("--mpi=none"), Not(Contains("--mpi=pmix"))));
}

TEST(SrunLauncher, MoreRanksThanCoresYieldWhenIdle) {
  auto const env = [](int cores, Spawn const& spawn) {
    return srun_launcher({"pmix", {"n1", "n2"}, {}, {}, cores})->command(spawn).env;
  };
  auto const yields = Contains(testing::Pair("OMPI_MCA_mpi_yield_when_idle", "1"));
  EXPECT_THAT(env(2, world({"n1", "n2"}, 4)), yields);
  EXPECT_THAT(env(2, {{"/opt/muster"}, 5}), yields);
  EXPECT_THAT(env(2, {{"/opt/muster"}, 4}), Not(yields));
  EXPECT_THAT(env(0, world({"n1", "n2"}, 4)), Not(yields));
}

TEST(SrunLauncher, RanksMeetAsMpiFindsThem) {
  EXPECT_EQ(srun_launcher({"pmix"})->group(), "mpi");
  EXPECT_EQ(srun_launcher({"none"})->group(), "sockets");
}

TEST(SrunLauncher, OtherOrdersAndUnevenWorldsGoThroughAFile) {
  TemporaryFolder const folder;
  auto const launcher = srun_launcher({"none", {"n1", "n2", "n3"}, folder.path()});
  auto const lines = [&](Spawn const& spawn) {
    auto const argv = launcher->command(spawn).argv;
    EXPECT_THAT(argv, Contains("--distribution=arbitrary"));
    EXPECT_EQ(with_start(argv, "--ntasks-per-node"), "");
    std::ostringstream text;
    text << std::ifstream(with_start(argv, "--nodelist=")).rdbuf();
    return text.str();
  };
  EXPECT_EQ(lines(world({"n3", "n1"}, 2)), "n3\nn3\nn1\nn1\n");
  EXPECT_EQ(lines(world({"n1", "elsewhere"}, 1)), "n1\nelsewhere\n");
  auto uneven = world({"n1", "n2"}, 2);
  uneven.processes = 3;
  EXPECT_EQ(lines(uneven), "n1\nn1\nn2\n");
}

TEST(SrunLauncher, AListTooLongForAnArgumentGoesThroughAFile) {
  TemporaryFolder const folder;
  std::vector<std::string> nodes;
  for (int i = 0; i < 3000; ++i) nodes.push_back("a" + std::to_string(i) + (i % 2 ? "-odd" : "-even-name"));
  auto const argv = srun_launcher({"none", nodes, folder.path()})->command(world(nodes, 1)).argv;
  EXPECT_THAT(with_start(argv, "--nodelist="), HasSubstr("/hosts/3000x1-"));
  EXPECT_LT(compress_host_list(expand_host_list("dgx[001-720]")).size(), 20u)
      << "what clusters have is short";
}

TEST(SrunLauncher, StepsDoNotInheritTheShapeOfTheJob) {
  auto const unset = srun_launcher({"none"})->command({{"/opt/muster"}, 1}).unset;
  EXPECT_THAT((std::vector<std::string>{"SRUN_CPUS_PER_TASK", "SLURM_GPUS_PER_TASK", "SLURM_GPU_BIND",
                                        "SLURM_NTASKS_PER_NODE", "SLURM_DISTRIBUTION", "SLURM_HOSTFILE",
                                        "SLURM_LABELIO", "SLURM_MEM_PER_CPU", "SLURM_NTASKS_PER_GPU"}),
              IsSubsetOf(unset));
  for (auto const* kept : {"SLURM_JOB_ID", "SLURM_JOBID", "SLURM_JOB_NODELIST", "SLURM_CONF", "PATH"})
    EXPECT_THAT(unset, Not(Contains(kept)));
}

TEST(SrunLauncher, EntersContainers) {
  auto const pyxis = srun_launcher({"pmix", {}, {}, {ContainerRuntime::pyxis, "nvcr.io#x", {"/a:/b"}}})
                         ->command(world({}, 0))
                         .argv;
  EXPECT_THAT(pyxis, AllOf(Contains("--container-image=nvcr.io#x"), Contains("--container-mounts=/a:/b")));
  auto const apptainer = srun_launcher({"pmix", {}, {}, {ContainerRuntime::apptainer, "/x.sif", {}}})
                             ->command(world({}, 0))
                             .argv;
  EXPECT_EQ(std::vector<std::string>(apptainer.end() - 8, apptainer.end()),
            (std::vector<std::string>{"apptainer", "exec", "--nv", "/x.sif", "/opt/muster", "worker",
                                      "--root", "/a b"}));
}

TEST(PmiFor, TakesWhatTheLibrarySpeaksAndSrunHas) {
  constexpr auto here =
      "MPI plugin types are...\n\tpmix\n\tnone\n\tcray_shasta\n\tpmi2\nspecific pmix plugin versions "
      "available: pmix_v4\n";
  constexpr auto older = "srun: MPI types are...\nsrun: pmi2\nsrun: none\nsrun: openmpi\n";
  constexpr auto open_mpi = "Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4";
  EXPECT_EQ(pmi_for(open_mpi, here), "pmix");
  EXPECT_EQ(pmi_for(open_mpi, older), "none");
  EXPECT_EQ(pmi_for("MPICH Version:\t4.0.2\nMPICH Release date", older), "pmi2");
  EXPECT_EQ(pmi_for("MPI VERSION    : CRAY MPICH version 8.1", here), "cray_shasta");
  EXPECT_EQ(pmi_for("MPI VERSION    : CRAY MPICH version 8.1", older), "pmi2");
  EXPECT_EQ(pmi_for("Intel(R) MPI Library 2021.9", here), "pmi2");
  EXPECT_EQ(pmi_for("MPICH Version: 4", "pmix none"), "none");
  EXPECT_EQ(pmi_for("", here), "none");
  EXPECT_EQ(pmi_for("Some Other MPI", here), "none");
}

/// A srun of the test's own, first on the PATH.
class StandInSrun {
 public:
  explicit StandInSrun(std::string const& body) : path_(getenv("PATH")) {
    auto const file = folder_.path() / "srun";
    std::ofstream(file) << "#!/bin/sh\n" << body << "\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1);
  }
  ~StandInSrun() { setenv("PATH", path_.c_str(), 1); }

 private:
  TemporaryFolder folder_;
  std::string path_;
};

std::string refusal(std::string const& wanted) {
  try {
    find_srun("Open MPI v4", wanted);
  } catch (Error const& error) {
    EXPECT_EQ(error.exit_code, ExitCode::infrastructure);
    return error.what();
  }
  return "";
}

TEST(FindSrun, ChoosesOrSaysThatThereIsNone) {
  StandInSrun const srun("[ \"$*\" = --mpi=list ] && echo 'srun: pmi2\nsrun: none' >&2");
  EXPECT_EQ(find_srun("MPICH Version: 4").mpi, "pmi2");
  auto const none = find_srun("Open MPI v4.1.4, package");
  EXPECT_EQ(none.mpi, "none");
  EXPECT_THAT(none.note, AllOf(HasSubstr("Open MPI v4.1.4 to find"), HasSubstr("sockets")));
  EXPECT_EQ(find_srun("").note, "");
  EXPECT_EQ(find_srun("Open MPI v4.1.4", "pmi2").mpi, "pmi2") << "who says so knows better";
  EXPECT_EQ(find_srun("MPICH Version: 4", "none").mpi, "none");
  EXPECT_THAT(refusal("pmix"), AllOf(HasSubstr("no --mpi=pmix"), HasSubstr("pmi2")));
}

TEST(FindSrun, SaysWhatIsMissing) {
  StandInSrun const srun("exit 3");
  EXPECT_THAT(refusal("auto"), AllOf(HasSubstr("exit code 3"), HasSubstr("Slurm job")));
}

// Slurm 22.05, rank 2 of 4 on two nodes ended by kill -9.
constexpr auto killed = R"(srun: error: node2: task 2: Killed
srun: launch/slurm: _step_signal: Terminating StepId=2.3
slurmstepd-node1: error: *** STEP 2.3 ON node1 CANCELLED AT 2026-11-26T07:08:33 ***
srun: error: node2: task 3: Terminated
srun: error: node1: tasks 0-1: Terminated
srun: Force Terminated StepId=2.3
)";

// A node that lost its power.
constexpr auto node_lost = R"(srun: error: Node failure on node2
srun: error: node1: task 0: Killed
srun: launch/slurm: _step_signal: Terminating StepId=3.0
)";

// MPI_Abort under PMI-2.
constexpr auto gave_up =
    R"(Abort(7) on node 1 (rank 1 in comm 0): application called MPI_Abort(MPI_COMM_WORLD, 7) - process 1
srun: Job step aborted: Waiting up to 7 seconds for job step to finish.
slurmstepd-node1: error: *** STEP 2.12 ON node1 CANCELLED AT 2026-11-26T07:08:50 ***
srun: error: node1: tasks 0-1: Killed
)";

// SIGTERM to srun.
constexpr auto stopped = R"(srun: forcing job termination
srun: Job step aborted: Waiting up to 7 seconds for job step to finish.
slurmstepd-node1: error: *** STEP 2.1 ON node1 CANCELLED AT 2026-11-26T07:07:48 ***
srun: error: node2: tasks 2-3: Killed
)";

constexpr auto time_limit = R"(a worker's own words
slurmstepd-node1: error: *** JOB 9 ON node1 CANCELLED AT 2026-11-26T07:00:00 DUE TO TIME LIMIT ***
srun: Job step aborted: Waiting up to 7 seconds for job step to finish.
)";

TEST(LostBySrun, IsTheRankThatEndedFirst) {
  auto const lost = lost_by_srun(killed);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->rank, 2);
  EXPECT_EQ(lost->node, "node2");
  EXPECT_EQ(lost->message, "rank 2 on node2: Killed");
  EXPECT_EQ(lost->exit_code, -1);
}

TEST(LostBySrun, IsTheNodeWhereAllOfItEnded) {
  EXPECT_EQ(lost_by_srun(node_lost)->message, "node node2 failed");
  EXPECT_EQ(lost_by_srun(node_lost)->node, "node2");
  auto const both = lost_by_srun("srun: error: node2: tasks 2-3,5: Exited with exit code 6\n");
  EXPECT_EQ(both->rank, -1);
  EXPECT_EQ(both->node, "node2");
  EXPECT_EQ(both->exit_code, 6);
  EXPECT_EQ(both->message, "ranks 2-3,5 on node2: Exited with exit code 6");
}

TEST(LostBySrun, IsWhoGaveUpAndNotWhomThatEnded) {
  auto const lost = lost_by_srun(gave_up);
  EXPECT_EQ(lost->rank, 1);
  EXPECT_EQ(lost->gave_up, 7);
  EXPECT_FALSE(lost_by_srun(stopped)) << "those that srun ended are not to blame";
}

TEST(LostBySrun, SaysWhySlurmEndedIt) {
  EXPECT_EQ(lost_by_srun(time_limit)->message, "Slurm ended it: TIME LIMIT");
  EXPECT_EQ(
      lost_by_srun(
          "slurmstepd: error: *** STEP 3.0 ON n1 CANCELLED AT 2026-11-26T07:00:00 DUE TO NODE FAILURE, SEE "
          "SLURMCTLD LOG FOR DETAILS ***\n")
          ->message,
      "Slurm ended it: NODE FAILURE");
}

TEST(LostBySrun, IsNobodyInOtherWords) {
  for (auto const* text :
       {"", "srun: error: Unable to create step for job 8: x\n", "rank 3: out of memory\n",
        "srun: error: node1: task x: Killed\n", "said srun: error: node1: task 1: Killed\n"})
    EXPECT_FALSE(lost_by_srun(text)) << text;
}

TEST(SrunLauncher, ItsExitCodeIsThatOfTheFirstRank) {
  auto const launcher = srun_launcher({"pmix"});
  Ending const srun{143, 0};
  EXPECT_EQ(launcher->exit_code(srun, "srun: error: n1: task 1: Exited with exit code 7\n"), 7);
  EXPECT_EQ(launcher->exit_code({137, 0}, gave_up), 7);
  EXPECT_EQ(launcher->exit_code(srun, killed), 143);
  EXPECT_EQ(launcher->exit_code({6, 0}, "srun: error: Unable to create step\n"), 6);
  EXPECT_EQ(launcher->exit_code({0, 0}, "srun: error: n1: task 1: Exited with exit code 7\n"), 0);
}

}  // namespace
}  // namespace muster
