// The collective cases with several ranks, each a process of its own, through the stand-in NCCL.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <sstream>

#include "kernels/contract/collective.hpp"
#include "tests/standin/process_group.hpp"
#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Setting {
  Operation operation = Operation::all_reduce;
  std::vector<std::pair<std::string, Value>> params{};
  std::int64_t bytes = 1 << 20;
  int samples = 2;
  bool one_gpu = false;
  double operation_seconds = 20;
};

/// As the harness takes them: reset, launches (from a recording where the case asks for one), wait.
void take_samples(Instance& instance, Device& device, int samples) {
  for (int pilot = 0; pilot < 2; ++pilot) {  // as the harness does before it records
    instance.reset();
    instance.launch();
    device.wait();
  }
  std::unique_ptr<Recording> recording;
  if (instance.must_record()) recording = device.record([&] { instance.launch(); });
  for (int i = 0; i < samples; ++i) {
    instance.reset();
    recording ? recording->launch() : instance.launch();
    if (instance.regime() == Regime::pipelined) recording ? recording->launch() : instance.launch();
    device.wait();
  }
}

std::string said_by(Instance& instance) {
  std::string text;
  for (auto const& [name, value] : instance.facts()) text += fmt::format("; {}={}", name, value);
  for (auto const& figure : instance.figures()) text += fmt::format("; {}={:g}", figure.name, figure.value);
  return text;
}

// One rank: verifies, samples, verifies again; "ok", or why not; then the notes and all it says of itself.
std::string rank(Group& group, Setting const& setting) {
  auto const backend = open_backend("cuda");
  auto const device = backend->open({.device = setting.one_gpu ? 0 : group.rank(), .cpus = {}});
  std::string notes;
  Context context{.device = *device, .group = group, .seed = 3, .data = {}, .cache = cache_folder()};
  context.operation_seconds = setting.operation_seconds;
  context.note = [&](std::string text) { notes += "; " + text; };
  auto const workload = "collective/" + std::string(name(setting.operation));
  auto values = setting.params;
  values.emplace_back("bytes", setting.bytes);
  std::string result = "ok";
  {
    auto const instance = backend->maker(workload)(params_of(workload, values), context);
    for (int round = 0; round < 2; ++round) {
      auto const verdict = instance->verify();
      if (!verdict.ok()) result = "wrong: " + verdict.detail;  // and goes on: the other ranks do, too
      if (round == 0) take_samples(*instance, *device, setting.samples);
    }
    result += notes + said_by(*instance);
  }
  device->let_go();
  return result;
}

std::vector<std::string> run_case(int ranks, Setting const& setting = {}, int seconds = 60) {
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
  Environment machine_{
      {"MUSTER_STANDIN_GPUS", "8"}, {"MUSTER_NCCL_TIMEOUT", "2"}, {"MUSTER_STANDIN_CAPABILITY", "9.0"}};
};

TEST_F(Nccl, EveryOperationVerifiesInBothPlacementsAndTimings) {
  int const before = leftovers();
  for (int i = 0; i < 11; ++i) {
    auto const operation = static_cast<Operation>(i);
    for (std::string const placement : {"out_of_place", "in_place"}) {
      if (!has_in_place(operation) && placement == "in_place") continue;
      for (std::string const timing : {"pipelined", "isolated"}) {
        Setting setting{.operation = operation, .params = {{"timing", timing}}, .bytes = 30'000};
        if (has_in_place(operation)) setting.params.emplace_back("placement", placement);
        EXPECT_THAT(run_case(3, setting), Each(StartsWith("ok")))
            << name(operation) << " " << placement << " " << timing;
      }
    }
  }
  EXPECT_EQ(leftovers(), before);
}

TEST_F(Nccl, EveryTypeAndReductionVerifies) {
  for (int type = 0; type < 12; ++type) {
    for (int reduction = 0; reduction < 6; ++reduction) {
      auto const type_name = std::string(name(static_cast<ElementType>(type)));
      auto const reduction_name = std::string(name(static_cast<Reduction>(reduction)));
      EXPECT_THAT(run_case(3, {.params = {{"type", type_name}, {"reduction", reduction_name}},
                               .bytes = 1600,
                               .samples = 1}),
                  Each(StartsWith("ok")))
          << type_name << " " << reduction_name;
    }
  }
}

TEST_F(Nccl, OtherRootsAndManyChunksVerify) {
  for (auto const operation :
       {Operation::broadcast, Operation::reduce, Operation::gather, Operation::scatter}) {
    EXPECT_THAT(
        run_case(4, {.operation = operation, .params = {{"root", std::int64_t{3}}}, .bytes = 6 << 20}),
        Each(StartsWith("ok")))
        << name(operation);
  }
  EXPECT_THAT(run_case(3, {.bytes = (3 << 20) + 52}), Each(StartsWith("ok")));
  EXPECT_THAT(run_case(2, {.bytes = 4}), Each(StartsWith("ok")));
}

TEST_F(Nccl, RecordedLaunchesVerifyAndSaySo) {
  for (std::string const timing : {"pipelined", "isolated"}) {
    for (std::string const placement : {"out_of_place", "in_place"}) {
      EXPECT_THAT(run_case(2, {.params = {{"graph", "graph"}, {"timing", timing}, {"placement", placement}},
                               .bytes = 4096,
                               .samples = 3}),
                  Each(StartsWith("ok")))
          << timing << " " << placement;
    }
  }
}

TEST_F(Nccl, RegisteredBuffersAndWindowsVerify) {
  for (std::string const registration : {"user_buffer", "symmetric_window"}) {
    for (auto const operation : {Operation::all_reduce, Operation::gather}) {
      EXPECT_THAT(
          run_case(3,
                   {.operation = operation, .params = {{"registration", registration}}, .bytes = 48 << 10}),
          Each(StartsWith("ok")))
          << registration << " " << name(operation);
    }
  }
}

TEST_F(Nccl, TheRecordHasNcclsChoiceItsEstimateAndWhatJoiningTook) {
  auto const results = run_case(2);
  EXPECT_THAT(results,
              Each(AllOf(HasSubstr("; algorithm="), HasSubstr("; protocol="), HasSubstr("; nccl_estimate="),
                         HasSubstr("; communicator_setup="), HasSubstr("; link_bytes="),
                         HasSubstr("results_compared=3"), HasSubstr("group=world 0: 2 ranks (0 1)"))));
}

TEST_F(Nccl, EightBitReductionsAreUnsupportedBelowCapabilityNine) {
  machine_.set("MUSTER_STANDIN_CAPABILITY", "8.0");
  EXPECT_THAT(run_case(2, {.params = {{"type", "float8_e4m3"}}}),
              Each(HasSubstr("does not reduce float8_e4m3 on this GPU")));
  EXPECT_THAT(run_case(2, {.operation = Operation::all_gather, .params = {{"type", "float8_e4m3"}}}),
              Each(StartsWith("ok")));
}

TEST_F(Nccl, RanksThatShareAGpuWorkAndSaySo) {
  auto const results = run_case(2, {.one_gpu = true});
  EXPECT_THAT(results, Each(AllOf(StartsWith("ok"), HasSubstr("oversubscribed"))));
}

TEST_F(Nccl, OneCommunicatorServesManyCases) {
  auto const results = run_ranks(2, [](Group& group) {
    auto const backend = open_backend("cuda");
    auto const device = backend->open({.device = group.rank(), .cpus = {}});
    Context context{.device = *device, .group = group, .seed = 3, .data = {}, .cache = cache_folder()};
    std::string seconds;
    for (std::string const operation : {"all_reduce", "all_gather", "broadcast"}) {
      auto const instance = backend->maker("collective/" + operation)(
          params_of("collective/" + operation, {{"bytes", std::int64_t{65536}}}), context);
      if (!instance->verify().ok()) return std::string("wrong");
      for (auto const& figure : instance->figures()) {
        if (figure.name == "communicator_setup") seconds += fmt::format("{} ", figure.value);
      }
    }
    device->let_go();
    std::istringstream words(seconds);
    std::string a, b, c;
    words >> a >> b >> c;
    return a == b && b == c && !a.empty() ? std::string("one") : "several: " + seconds;
  });
  EXPECT_THAT(results, Each("one"));
}

TEST_F(Nccl, AWrongAnswerOfOneRankIsThatRanksFault) {
  Fail const fault("ncclAllReduce@1:5+:wrong");
  auto const results = run_case(2);
  EXPECT_THAT(results[0], StartsWith("ok"));
  EXPECT_THAT(results[1], AllOf(StartsWith("wrong: "), HasSubstr("rank 1: ")));
}

// What checks before and after cannot see.
TEST_F(Nccl, OneWrongTimedOperationIsFound) {
  Fail const fault("ncclAllReduce@1:7:wrong");
  auto const results = run_case(2, {.samples = 3});
  EXPECT_THAT(results[0], StartsWith("ok"));
  EXPECT_THAT(results[1], HasSubstr("timed samples 1 left a wrong result on rank 1"));
}

TEST_F(Nccl, AKernelThatDoesNothingIsNoRightAnswer) {
  for (auto const* kernel : {"collective_fill:*:wrong", "collective_check:*:wrong"}) {
    Fail const fault(kernel);
    EXPECT_THAT(run_case(2), Each(Not(StartsWith("ok")))) << kernel;
  }
}

TEST_F(Nccl, ARankThatNeverJoinsCostsTheDeadlineOnAllRanks) {
  int const before = leftovers();
  Fail const fault("ncclCommInitRankConfig@1:1:hang");
  EXPECT_THAT(run_case(2), Each(AllOf(StartsWith("threw: ncclCommInitRankConfig does not end"),
                                      HasSubstr("NCCL_DEBUG=INFO"))));
  EXPECT_EQ(leftovers(), before);
}

TEST_F(Nccl, ARankWhoseSetUpFailsIsNamedByItsOwnError) {
  Fail const fault("ncclCommInitRankConfig@1:1:2");
  auto const results = run_case(2);
  EXPECT_THAT(results[0], StartsWith("threw: ncclCommInitRankConfig does not end"));
  EXPECT_THAT(results[1], StartsWith("threw: ncclCommInitRankConfig failed (2"));
}

TEST_F(Nccl, NcclThatCannotStartIsADeviceErrorOnEveryRank) {
  for (auto const* rule :
       {"ncclGetUniqueId:1:2", "ncclCommInitRankConfig:1:2", "ncclCommInitRankConfig:1:async=6"}) {
    Fail const fault(rule);
    EXPECT_THAT(run_case(2), Each(AllOf(StartsWith("threw: nccl"), HasSubstr("NCCL_DEBUG=INFO")))) << rule;
  }
}

TEST_F(Nccl, AnOperationThatNcclRefusesIsADeviceError) {
  Fail const fault("ncclAllReduce:2:3");
  EXPECT_THAT(run_case(2), Each(HasSubstr("all_reduce of 262144 float32 failed (3")));
}

TEST_F(Nccl, ARankWithoutMemoryStopsTheOthersBeforeTheyWaitForIt) {
  Fail const fault("cudaMalloc:1:2");
  machine_.set("MUSTER_NCCL_TIMEOUT", "50");
  auto const results = run_ranks(2, [](Group& group) {
    if (group.rank() == 0) unsetenv("MUSTER_STANDIN_FAIL");
    return rank(group, {});
  });
  EXPECT_THAT(results[0], HasSubstr("another rank could not set up"));
  EXPECT_THAT(results[1], HasSubstr("no device memory for the collective's source"));
}

TEST_F(Nccl, ALateRankIsWaitedFor) {
  Fail const fault("ncclCommInitRankConfig@1:1:delay=300,ncclAllReduce@0:*:delay=20");
  EXPECT_THAT(run_case(2), Each(StartsWith("ok")));
}

TEST_F(Nccl, AnOperationThatHangsEndsAtItsDeadlineOnEveryRankAndSaysWhere) {
  Fail const fault("ncclAllReduce@1:5:hang");
  EXPECT_THAT(run_case(2, {.operation_seconds = 1}, 30),
              Each(AllOf(StartsWith("threw: all_reduce of 262144 float32 does not end"),
                         HasSubstr("a rank is stuck"))));
}

TEST_F(Nccl, AnErrorThatNcclReportsMeanwhileEndsTheWaitWithItsReason) {
  Fail const fault("ncclAllReduce@1:5:async=6");
  auto const results = run_case(2, {.operation_seconds = 3}, 30);
  EXPECT_THAT(results[1], AllOf(StartsWith("threw: "), HasSubstr("remote process exited")));
  EXPECT_THAT(results[0], StartsWith("threw: "));
}

}  // namespace
}  // namespace muster::standin
