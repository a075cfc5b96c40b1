// NCCL's log of its choices, read from lines as its versions write them.
#include "kernels/collective/nccl_tuning.hpp"

#include <gmock/gmock.h>

namespace muster {
namespace {

void expect(std::string_view line, std::string const& algorithm, std::string const& protocol, int channels) {
  auto const choice = nccl_choice_in_line(line);
  ASSERT_TRUE(choice) << line;
  EXPECT_EQ(choice->algorithm, algorithm) << line;
  EXPECT_EQ(choice->protocol, protocol) << line;
  EXPECT_EQ(choice->channels, channels) << line;
}

// src/enqueue.cc of v2.24.3-1 to v2.30.7-1.
TEST(NcclTuning, ReadsNames) {
  expect(
      "node17:4242:4250 [0] NCCL INFO AllReduce: 268435456 Bytes -> Algo RING proto SIMPLE "
      "channel{Lo..Hi}={0..23}",
      "RING", "SIMPLE", 24);
  expect("n:1:1 [3] NCCL INFO ReduceScatter: 64 Bytes -> Algo NVLS_TREE proto LL128 channel{Lo..Hi}={2..2}\r",
         "NVLS_TREE", "LL128", 1);
  expect("n:1:1 [0] NCCL INFO AllGather: 8 Bytes -> Algo PAT proto SIMPLE channel{Lo..Hi}={0..0}", "PAT",
         "SIMPLE", 1);
}

// v2.22.3-1 without the function's name, v2.23.4-1 with it; both in numbers.
TEST(NcclTuning, ReadsNumbers) {
  expect("node-0:309:309 [0] NCCL INFO 37756928 Bytes -> Algo 1 proto 2 time 2860.208008", "RING", "SIMPLE",
         0);
  expect("node-0:309:309 [0] NCCL INFO AllGather: 4096 Bytes -> Algo 0 proto 0 time 12.5", "TREE", "LL", 0);
  expect("n:1:1 [0] NCCL INFO AllGather: 4096 Bytes -> Algo 6 proto 1 time 12.5", "PAT", "LL128", 0);
}

// v2.27.3-1 (src/enqueue.cc), v2.28.9-1 (src/scheduler/symmetric_sched.cc), v2.30.7-1 (src/ce_coll.cc).
TEST(NcclTuning, ReadsSymmetricKernelsAndCopyEngines) {
  expect(
      "n:1:1 [0] NCCL INFO AllReduce [Symmetric]: 8192 Bytes -> Kernel AllReduce_AGxLL_R nchannels 16 "
      "nthreads 512",
      "symmetric kernel", "AllReduce_AGxLL_R", 16);
  expect(
      "n:1:1 [0] NCCL INFO AllGather [Symmetric]: 8192 Bytes -> Kernel AllGather_LL nchannels 4 nthreads 256 "
      "nWorks 1",
      "symmetric kernel", "AllGather_LL", 4);
  expect("n:1:1 [0] NCCL INFO AllGather [Copy Engine]: 8192 Bytes -> cudaMemcpy", "copy engine", "", 0);
  expect("n:1:1 [0] NCCL INFO AlltoAll [Hierarchical CE]: 8192 Bytes -> RMA proxy + CE", "copy engine", "",
         0);
}

TEST(NcclTuning, OtherLinesSayNothing) {
  for (auto const* line :
       {"",
        "node17:4242:4250 [0] NCCL INFO   Algorithm   |                            Tree                  |",
        "node17:4242:4250 [0] NCCL INFO     AllReduce |     9.3/   1.2 |    18.0/   0.0 |",
        "node17:4242:4250 [0] NCCL INFO AllReduce: opCount 0 sendbuff 0x1 recvbuff 0x2 count 10 datatype 7",
        "n:1:1 [0] NCCL INFO 4096 Bytes -> Algo 99 proto 1 time 12.5",
        "n:1:1 [0] NCCL INFO 4096 Bytes -> Algo RING"}) {
    EXPECT_FALSE(nccl_choice_in_line(line)) << line;
  }
}

TEST(NcclTuning, TheLastChoiceOfALogCounts) {
  auto const choice = nccl_choice(
      "n:1:1 [0] NCCL INFO AllReduce: 8 Bytes -> Algo TREE proto LL channel{Lo..Hi}={0..0}\n"
      "n:1:1 [0] NCCL INFO AllReduce: 9 Bytes -> Algo RING proto LL128 channel{Lo..Hi}={0..7}\n"
      "n:1:1 [0] NCCL INFO something else\n");
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->algorithm, "RING");
  EXPECT_EQ(choice->channels, 8);
  EXPECT_FALSE(nccl_choice(""));
}

}  // namespace
}  // namespace muster
