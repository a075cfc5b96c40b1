// The collective case with several ranks, each a process of its own, through the stand-in NCCL.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/standin/process_group.hpp"
#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Setting {
  std::string type = "float32";
  std::int64_t bytes = 1 << 20;
  int launches = 2;
  bool one_gpu = false;
};

// One rank: verifies, launches, verifies; "ok", or why not; then the notes.
std::string rank(Group& group, Setting const& setting) {
  auto const backend = open_backend("cuda");
  auto const device = backend->open({.device = setting.one_gpu ? 0 : group.rank(), .cpus = {}});
  std::string notes;
  Context context{.device = *device, .group = group, .seed = 3, .data = {}, .cache = cache_folder()};
  context.note = [&](std::string text) { notes += "; " + text; };
  auto const params = params_of("collective/all_reduce", {{"type", setting.type}, {"bytes", setting.bytes}});
  auto const instance = backend->maker("collective/all_reduce")(params, context);
  std::string result = "ok";
  for (int round = 0; round < 2; ++round) {
    auto const verdict = instance->verify();
    if (!verdict.ok()) result = "wrong: " + verdict.detail;  // and goes on: the other ranks do, too
    for (int i = 0; i < setting.launches; ++i) instance->launch();
    device->wait();
  }
  return result + notes;
}

std::vector<std::string> all_reduce(int ranks, Setting const& setting = {}, int seconds = 60) {
  return run_ranks(
      ranks, [&](Group& group) { return rank(group, setting); }, seconds);
}

int leftovers() {
  int count = 0;
  for (auto const& entry : std::filesystem::directory_iterator("/dev/shm")) {
    count += entry.path().filename().string().starts_with("muster-standin-nccl.") ? 1 : 0;
  }
  return count;
}

class Nccl : public testing::Test {
 protected:
  Environment machine_{{"MUSTER_STANDIN_GPUS", "8"}, {"MUSTER_NCCL_TIMEOUT", "2"}};
};

TEST_F(Nccl, AddsUpOverTwoAndFourRanksInEveryType) {
  int const before = leftovers();
  for (int const ranks : {2, 4}) {
    for (std::string const type : {"float32", "float64", "float16", "bfloat16"}) {
      EXPECT_THAT(all_reduce(ranks, {.type = type, .bytes = 40'008}), Each("ok")) << type;
    }
  }
  EXPECT_EQ(leftovers(), before);
}

TEST_F(Nccl, AddsUpBuffersOfManyChunksAndOfOneElement) {
  EXPECT_THAT(all_reduce(3, {.bytes = (3 << 20) + 52}), Each("ok"));
  EXPECT_THAT(all_reduce(2, {.bytes = 4}), Each("ok"));
}

TEST_F(Nccl, RanksThatShareAGpuWorkAndSaySo) {
  auto const results = all_reduce(2, {.one_gpu = true});
  EXPECT_THAT(results, Each(AllOf(StartsWith("ok"), HasSubstr("oversubscribed"))));
}

TEST_F(Nccl, AWrongAnswerOfOneRankIsThatRanksFault) {
  Fail const fault("ncclAllReduce@1:3+:wrong");
  auto const results = all_reduce(2);
  EXPECT_EQ(results[0], "ok");
  EXPECT_THAT(results[1], StartsWith("wrong: "));
}

TEST_F(Nccl, ARankThatNeverJoinsCostsTheDeadlineOnAllRanks) {
  int const before = leftovers();
  Fail const fault("ncclCommInitRankConfig@1:1:hang");
  EXPECT_THAT(all_reduce(2), Each(AllOf(StartsWith("threw: ncclCommInitRankConfig does not end"),
                                        HasSubstr("NCCL_DEBUG=INFO"))));
  EXPECT_EQ(leftovers(), before);
}

TEST_F(Nccl, ARankWhoseSetUpFailsIsNamedByItsOwnError) {
  Fail const fault("ncclCommInitRankConfig@1:1:2");
  auto const results = all_reduce(2);
  EXPECT_THAT(results[0], StartsWith("threw: ncclCommInitRankConfig does not end"));
  EXPECT_THAT(results[1], StartsWith("threw: ncclCommInitRankConfig failed (2"));
}

TEST_F(Nccl, ARankWithoutMemoryStopsTheOthersBeforeTheyWaitForIt) {
  Fail const fault("cudaMalloc:1:2");
  machine_.set("MUSTER_NCCL_TIMEOUT", "50");
  auto const results = run_ranks(2, [](Group& group) {
    if (group.rank() == 0) unsetenv("MUSTER_STANDIN_FAIL");
    return rank(group, {});
  });
  EXPECT_THAT(results[0], HasSubstr("another rank could not set up"));
  EXPECT_THAT(results[1], HasSubstr("no device memory for the input"));
}

TEST_F(Nccl, ALateRankIsWaitedFor) {
  Fail const fault("ncclCommInitRankConfig@1:1:delay=300,ncclAllReduce@0:*:delay=20");
  EXPECT_THAT(all_reduce(2), Each("ok"));
}

// What the supervisor's deadline is for: the rank cannot help itself.
TEST_F(Nccl, AnOperationThatHangsHoldsItsRanksUntilTheyAreKilled) {
  Fail const fault("ncclAllReduce@1:2:hang");
  EXPECT_THAT(all_reduce(2, {}, 3), Each("hung"));
}

}  // namespace
}  // namespace muster::standin
