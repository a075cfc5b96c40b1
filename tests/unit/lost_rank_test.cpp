// The rank that ended first, in what launchers really print.
#include "harness/launch/lost_rank.hpp"

#include <gtest/gtest.h>

namespace muster {
namespace {

// Open MPI 4.1.4, a rank ended by kill -9.
constexpr auto killed = R"(--------------------------------------------------------------------------
Primary job  terminated normally, but 1 process returned
a non-zero exit code. Per user-direction, the job has been aborted.
--------------------------------------------------------------------------
--------------------------------------------------------------------------
mpirun noticed that process rank 1 with PID 0 on node node17 exited on signal 9 (Killed).
--------------------------------------------------------------------------
)";

// Open MPI 4.1.4, a rank that called _exit(3).
constexpr auto exited = R"(--------------------------------------------------------------------------
mpirun detected that one or more processes exited with non-zero status, thus causing
the job to be terminated. The first process to do so was:

  Process name: [[6174,1],12]
  Exit code:    3
--------------------------------------------------------------------------
)";

constexpr auto aborted = R"(--------------------------------------------------------------------------
MPI_ABORT was invoked on rank 2 in communicator MPI_COMM_WORLD
with errorcode 6.

NOTE: invoking MPI_ABORT causes Open MPI to kill all MPI processes.
)";

constexpr auto improper = R"(mpirun has exited due to process rank 3 with PID 4711 on
node node18 exiting improperly. There are three reasons this could occur:
)";

constexpr auto hydra = R"(
===================================================================================
=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES
=   PID 31415 RUNNING AT node17.cluster
=   EXIT CODE: 9
=   CLEANING UP REMAINING PROCESSES
=   YOU CAN IGNORE THE BELOW CLEANUP MESSAGES
===================================================================================
YOUR APPLICATION TERMINATED WITH THE EXIT STRING: Killed (signal 9)
)";

TEST(LostRank, IsNamedByOpenMpi) {
  auto const lost = lost_by_open_mpi(killed);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->rank, 1);
  EXPECT_EQ(lost->node, "node17");
  EXPECT_EQ(lost->message, "rank 1 on node17: signal 9 (Killed)");
  EXPECT_EQ(lost_by_open_mpi(exited)->message, "rank 12: exit code 3");
  EXPECT_EQ(lost_by_open_mpi(exited)->exit_code, 3);
  EXPECT_EQ(lost->exit_code, -1);
  EXPECT_EQ(lost_by_open_mpi(aborted)->message, "rank 2: it gave up with code 6");
  EXPECT_EQ(lost_by_open_mpi(improper)->message, "rank 3 on node18: it ended without leaving the others");
}

TEST(LostRank, ByASignalComesBeforeThoseThatFollowedIt) {
  EXPECT_EQ(lost_by_open_mpi(std::string(exited) + killed)->rank, 1);
}

TEST(LostRank, LinesMayBeBrokenAnywhere) {
  EXPECT_EQ(lost_by_open_mpi("prterun noticed that process rank 5 with PID 7 on node a exited on\nsignal 11 "
                             "(Segmentation\n   fault).")
                ->message,
            "rank 5 on a: signal 11 (Segmentation fault)");
}

TEST(LostRank, OfMpichIsAProcessOnANode) {
  auto const lost = lost_by_mpich(hydra);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->rank, -1);
  EXPECT_EQ(lost->process, 31415);
  EXPECT_EQ(lost->node, "node17.cluster");
  EXPECT_EQ(lost->message, "process 31415 on node17.cluster: Killed (signal 9)");
  EXPECT_EQ(lost_by_mpich("Abort(6) on node 1: application called MPI_Abort(MPI_COMM_WORLD, 6) - process 1\n")
                ->rank,
            1);
}

TEST(LostRank, IsNobodyInOtherWords) {
  for (auto const* text : {"", "rank 3: out of memory\n", "process rank x with PID"}) {
    EXPECT_FALSE(lost_by_open_mpi(text)) << text;
    EXPECT_FALSE(lost_by_mpich(text)) << text;
  }
}

}  // namespace
}  // namespace muster
