// Asking NCCL's RAS service, and what is made of its answers.
#include "kernels/collective/ras.hpp"

#include <gmock/gmock.h>

#include <chrono>

#include "tests/standin/ras_server.hpp"
#include "tests/standin/support.hpp"

namespace muster {
namespace {

using standin::Environment;
using standin::RasServer;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

std::string rank(int number, int reductions, int error, char const* aborted = "false") {
  return R"(        {
          "rank": )" +
         std::to_string(number) + R"(,
          "host": "node17",
          "pid": )" +
         std::to_string(100 + number) + R"(,
          "cuda_dev": 0,
          "nvml_dev": 0,
          "status": {
            "init_state": 0,
            "async_error": )" +
         std::to_string(error) + R"(,
            "finalize_called": false,
            "destroy_flag": false,
            "abort_flag": )" +
         aborted + R"(
          },
          "collective_counts": {
            "Broadcast": 0,
            "Reduce": 2,
            "AllGather": 0,
            "ReduceScatter": 0,
            "AllReduce": )" +
         std::to_string(reductions) + R"(
          }
        })";
}

// As NCCL 2.28.9 writes it, a comma missing behind nvml_dev.
std::string missing(int number, char const* silent, char const* dead) {
  return R"(        {
          "rank": )" +
         std::to_string(number) + R"(,
          "host": "node18",
          "pid": )" +
         std::to_string(100 + number) + R"(,
          "cuda_dev": 1,
          "nvml_dev": 1
          "status": {
            "unresponsive": )" +
         silent + R"(,
            "considered_dead": )" +
         dead + R"(
          }
        })";
}

std::string json(std::string const& ranks, std::string const& missing_ranks) {
  return R"(OK
OK
{
  "nccl_version": "2.28.9",
  "communicators_count": 1,
  "communicators": [
    {
      "hash": "0x1",
      "secondary_hash": "0x2:0x3",
      "size": 4,
      "ranks_count": 2,
      "missing_ranks_count": 2,
      "ranks": [
)" + ranks +
         R"(
      ],
      "missing_ranks": [
)" + missing_ranks +
         R"(
      ]
    }
  ],
  "ras": { "collection_time_sec": 0.1, "timeouts_count": 0 }
}
)";
}

TEST(Ras, NamesRanksThatAreMissingSilentOrDead) {
  auto const summary = ras_summary(json(rank(0, 5, 0) + ",\n" + rank(1, 5, 0),
                                        missing(2, "false", "true") + ",\n" + missing(3, "true", "false") +
                                            ",\n" + missing(4, "false", "false")));
  EXPECT_EQ(summary,
            "rank 2 (process 102 on node18) is dead; rank 3 (process 103 on node18) does not answer; "
            "rank 4 (process 104 on node18) is missing");
}

TEST(Ras, NamesRanksAtFaultAndBehind) {
  EXPECT_EQ(ras_summary(json(rank(0, 12, 0) + ",\n" + rank(1, 11, 0), "")),
            "rank 1 (process 101 on node17) has begun 11 of 12 AllReduce");
  EXPECT_EQ(ras_summary(json(rank(0, 5, 7) + ",\n" + rank(1, 5, 6) + ",\n" + rank(2, 5, 0, "true"), "")),
            "rank 1 (process 101 on node17) reports error 6; rank 2 (process 102 on node17) has aborted");
}

TEST(Ras, AJobInOrderHasNothingToSay) {
  EXPECT_EQ(ras_summary(json(rank(0, 5, 0) + ",\n" + rank(1, 5, 0), "")), "");
  EXPECT_EQ(ras_summary(""), "");
}

TEST(Ras, ManyRanksAreCounted) {
  std::string list;
  for (int i = 0; i < 20; ++i) list += missing(i, "false", "true") + ",\n";
  EXPECT_THAT(ras_summary(json(rank(30, 1, 0), list)), HasSubstr(" and 12 more"));
}

// NCCL 2.24 to 2.28.3, which know no formats.
TEST(Ras, ReadsText) {
  auto const summary = ras_summary(
      "OK\nERROR: Unknown command SET FORMAT json\nNCCL version 2.24.3 compiled with CUDA 12.8\n\n"
      "Errors\n======\n\n"
      "DEAD\n  1 job process is considered dead (unreachable via the RAS network)\n"
      "  Process 102 on node node18 managing GPU 1\n\n"
      "#0-0 (00000000abcdef01) INCOMPLETE\n  Missing communicator data from 1 rank\n"
      "  Rank 2 -- GPU 1 managed by process 102 on node node18\n\n"
      "Warnings\n========\n\n  this is none of it\n");
  EXPECT_EQ(
      summary,
      "1 job process is considered dead (unreachable via the RAS network); Process 102 on node node18 "
      "managing "
      "GPU 1; Missing communicator data from 1 rank; Rank 2 -- GPU 1 managed by process 102 on node node18");
}

TEST(Ras, TheServiceIsAskedForJsonAndVerbosely) {
  RasServer const server("OK\nthe answer");
  EXPECT_EQ(ask_ras(server.address(), milliseconds(2000)), "OK\nthe answer");
  EXPECT_EQ(server.question(), "TIMEOUT 1\nSET FORMAT json\nVERBOSE STATUS\n");
}

TEST(Ras, NobodyThereIsNoAnswerAndNoRemark) {
  std::string address;
  {
    RasServer const server("");
    address = server.address();
  }
  EXPECT_EQ(ask_ras(address, milliseconds(500)), "");
  EXPECT_EQ(ask_ras("no port", milliseconds(500)), "");
  Environment const environment{{"NCCL_RAS_ADDR", address.c_str()}};
  EXPECT_EQ(ras_remark(), "");
}

TEST(Ras, AServiceThatDoesNotEndItsAnswerCostsTheLimit) {
  RasServer const server("half an answer", true);
  auto const start = std::chrono::steady_clock::now();
  EXPECT_EQ(ask_ras(server.address(), milliseconds(200)), "half an answer");
  auto const took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, milliseconds(150));
  EXPECT_LT(took, milliseconds(1500));
}

TEST(Ras, TheAddressIsTheEnvironmentsOrNcclsOwn) {
  unsetenv("NCCL_RAS_ADDR");
  EXPECT_EQ(ras_address(), "localhost:28028");
  Environment const environment{{"NCCL_RAS_ADDR", "node17:9999"}};
  EXPECT_EQ(ras_address(), "node17:9999");
}

}  // namespace
}  // namespace muster
