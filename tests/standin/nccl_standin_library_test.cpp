// The stand-in NCCL beyond operations: graphs, splits, ids, memory, estimates, its log, its older version.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/standin/nccl_standin.hpp"

namespace muster::standin {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::StartsWith;

// --------------------------------------------------------------

TEST_F(NcclStandin, CapturedOperationsRunWithEveryLaunchOfTheGraph) {
  EXPECT_THAT(
      with_ranks(2,
                 [](NcclRank& rank) {
                   DeviceBytes data(8), other(8), gathered(16);
                   double const start = 1;
                   put(data.data(), start);
                   put(other.data(), 0.0);
                   cudaGraph_t graph{};
                   cudaGraphExec_t executable{};
                   (void)cudaStreamBeginCapture(rank.stream, cudaStreamCaptureModeThreadLocal);
                   rank.must(MUSTER_NCCL(rank.library, ncclAllReduce)(
                                 data.data(), data.data(), 1, ncclFloat64, ncclSum, rank.comm, rank.stream),
                             "AllReduce");
                   rank.must(MUSTER_NCCL(rank.library, ncclGroupStart)(), "GroupStart");
                   rank.must(MUSTER_NCCL(rank.library, ncclSend)(data.data(), 1, ncclFloat64, 1 - rank.rank(),
                                                                 rank.comm, rank.stream),
                             "Send");
                   rank.must(MUSTER_NCCL(rank.library, ncclRecv)(other.data(), 1, ncclFloat64,
                                                                 1 - rank.rank(), rank.comm, rank.stream),
                             "Recv");
                   rank.must(MUSTER_NCCL(rank.library, ncclGroupEnd)(), "GroupEnd");
                   rank.must(MUSTER_NCCL(rank.library, ncclAlltoAll)(gathered.data(), gathered.data(), 0,
                                                                     ncclFloat64, rank.comm, rank.stream),
                             "AlltoAll of nothing");
                   (void)cudaStreamEndCapture(rank.stream, &graph);
                   (void)cudaGraphInstantiate(&executable, graph, 0);
                   double const untouched = get<double>(data.data());
                   for (int i = 0; i < 3; ++i) (void)cudaGraphLaunch(executable, rank.stream);
                   rank.wait();
                   (void)cudaGraphExecDestroy(executable);
                   (void)cudaGraphDestroy(graph);
                   rank.end();
                   return std::to_string(untouched) + " " + std::to_string(get<double>(data.data())) + " " +
                          std::to_string(get<double>(other.data()));
                 }),
      Each("1.000000 8.000000 8.000000"));
}

TEST_F(NcclStandin, SplitsByColorInTheOrderOfKeys) {
  auto const results = with_ranks(4, [](NcclRank& rank) -> std::string {
    int const color = rank.rank() == 3 ? NCCL_SPLIT_NOCOLOR : rank.rank() % 2;
    ncclComm_t child = nullptr;
    rank.must(MUSTER_NCCL(rank.library, ncclCommSplit)(rank.comm, color, -rank.rank(), &child, nullptr),
              "split");
    if (child == nullptr) return "none";
    if (rank.settled(child) != ncclSuccess) return "split failed";
    int count = 0, number = 0;
    (void)MUSTER_NCCL(rank.library, ncclCommCount)(child, &count);
    (void)MUSTER_NCCL(rank.library, ncclCommUserRank)(child, &number);
    DeviceBytes data(8);
    put(data.data(), std::int64_t{1} << rank.rank());
    (void)MUSTER_NCCL(rank.library, ncclAllReduce)(data.data(), data.data(), 1, ncclInt64, ncclSum, child,
                                                   rank.stream);
    rank.wait();
    (void)MUSTER_NCCL(rank.library, ncclCommAbort)(child);
    return std::to_string(number) + " of " + std::to_string(count) + ": " +
           std::to_string(get<std::int64_t>(data.data()));
  });
  EXPECT_THAT(results, ElementsAre("1 of 2: 5", "0 of 1: 2", "0 of 2: 5", "none"));
}

/// A communicator from two ids; `spoil`: rank 1 has them the other way around.
std::string from_two_ids(Group& group, bool spoil) {
  NcclLibrary const library("libnccl.so.2");
  (void)cudaSetDevice(group.rank());
  ncclUniqueId ids[2] = {};
  for (auto& id : ids) (void)MUSTER_NCCL(library, ncclGetUniqueId)(&id);
  group.broadcast(std::as_writable_bytes(std::span(ids)), 0);
  if (spoil && group.rank() == 1) ids[1] = ids[0];
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  ncclComm_t comm = nullptr;
  auto const result =
      MUSTER_NCCL(library, ncclCommInitRankScalable)(&comm, group.size(), group.rank(), 2, ids, &config);
  int count = 0, device = -1;
  (void)MUSTER_NCCL(library, ncclCommCount)(comm, &count);
  (void)MUSTER_NCCL(library, ncclCommCuDevice)(comm, &device);
  group.barrier();
  (void)MUSTER_NCCL(library, ncclCommAbort)(comm);
  return std::to_string(static_cast<int>(result)) + " " + std::to_string(count) + " " +
         std::to_string(device);
}

TEST_F(NcclStandin, SeveralIdsMakeOneCommunicatorWhenAllRanksHaveTheSame) {
  EXPECT_THAT(run_ranks(2, [](Group& group) { return from_two_ids(group, false); }),
              ElementsAre("0 2 0", "0 2 1"));
  EXPECT_THAT(run_ranks(2, [](Group& group) { return from_two_ids(group, true); }), Each(StartsWith("5 ")));
}

TEST_F(NcclStandin, MemoryOfItsOwnCanBeAWindowAndAnyCanBeRegistered) {
  EXPECT_THAT(
      with_ranks(2,
                 [](NcclRank& rank) {
                   void* own = nullptr;
                   rank.must(MUSTER_NCCL(rank.library, ncclMemAlloc)(&own, 8192), "MemAlloc");
                   DeviceBytes plain(8192 + 4096);
                   auto const window = [&](void* address) {
                     ncclWindow_t made = nullptr;
                     auto const result = MUSTER_NCCL(rank.library, ncclCommWindowRegister)(
                         rank.comm, address, 4096, &made, NCCL_WIN_COLL_SYMMETRIC);
                     if (result != ncclInProgress && result != ncclSuccess)
                       return std::to_string(static_cast<int>(result));
                     auto const then = rank.settled(rank.comm);
                     auto const gone = MUSTER_NCCL(rank.library, ncclCommWindowDeregister)(rank.comm, made);
                     return std::to_string(static_cast<int>(then)) + std::to_string(static_cast<int>(gone));
                   };
                   auto text = window(own) + " " + window(static_cast<std::byte*>(own) + 256) + " ";
                   auto const aligned = (reinterpret_cast<std::uintptr_t>(plain.data()) + 4095) / 4096 * 4096;
                   text += window(reinterpret_cast<void*>(aligned)) + " ";
                   void* handle = nullptr;
                   text += std::to_string(static_cast<int>(
                       MUSTER_NCCL(rank.library, ncclCommRegister)(rank.comm, plain.data(), 8192, &handle)));
                   for (int i = 0; i < 2; ++i)
                     text += std::to_string(
                         static_cast<int>(MUSTER_NCCL(rank.library, ncclCommDeregister)(rank.comm, handle)));
                   text +=
                       " " + std::to_string(static_cast<int>(MUSTER_NCCL(rank.library, ncclMemFree)(own)));
                   text += std::to_string(static_cast<int>(MUSTER_NCCL(rank.library, ncclMemFree)(own)));
                   return text;
                 }),
      Each("00 4 4 004 04"));
}

std::string simulated(NcclRank& rank) {
  DeviceBytes data(4096);
  std::memset(data.data(), 0, data.size());
  ncclSimInfo_t info = NCCL_SIM_INFO_INITIALIZER;
  (void)MUSTER_NCCL(rank.library, ncclGroupStart)();
  float const one = 1;
  put(data.data(), one);
  (void)MUSTER_NCCL(rank.library, ncclAllReduce)(data.data(), data.data(), 1000, ncclFloat32, ncclSum,
                                                 rank.comm, rank.stream);
  auto const result = MUSTER_NCCL(rank.library, ncclGroupSimulateEnd)(&info);
  rank.wait();
  return std::to_string(static_cast<int>(result)) + " " + std::to_string(info.estimatedTime) + " " +
         std::to_string(get<float>(data.data()));
}

TEST_F(NcclStandin, EstimatesOnlyInBlockingCommunicatorsAndStartsTheWorkInOthers) {
  EXPECT_THAT(with_ranks(2, simulated, true), Each("0 10.400000 1.000000"));
  EXPECT_THAT(with_ranks(2, simulated, false), Each("7 -1.000000 2.000000"));
}

std::string text_of(std::filesystem::path const& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(NcclStandin, TheTuningLogIsSwitchedOnAndOff) {
  auto const folder = std::filesystem::path(testing::TempDir()) / "muster-standin-nccl-log";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  auto const results = with_ranks(2, [&folder](NcclRank& rank) {
    auto const reduce = [&] { (void)one_all_reduce(rank); };
    reduce();
    setenv("NCCL_DEBUG", "INFO", 1);
    setenv("NCCL_DEBUG_SUBSYS", "INIT,TUNING", 1);
    setenv("NCCL_DEBUG_FILE", (folder / "log.%p").c_str(), 1);
    rank.library.find<void()>("ncclResetDebugInit")();
    reduce();
    unsetenv("NCCL_DEBUG");
    rank.library.find<void()>("ncclResetDebugInit")();
    reduce();
    return text_of(folder / ("log." + std::to_string(getpid())));
  });
  EXPECT_THAT(results[0],
              testing::MatchesRegex("[^ ]+:[0-9]+:[0-9]+ .0. NCCL INFO AllReduce: 400 Bytes -> Algo TREE "
                                    "proto LL channel.Lo..Hi.=.0..1.\n"));
  EXPECT_EQ(results[1], "ok");  // only rank 0 says anything
}

TEST_F(NcclStandin, TheOldLibraryLacksWhatCameLater) {
  auto const file = std::string(MUSTER_STANDIN_FOLDER) + "/old-nccl/libnccl.so.2";
  // In a process of its own: what is loaded once by this name is found again by it.
  auto const facts = run_ranks(1, [&file](Group&) {
    NcclLibrary const old(file);
    int version = 0;
    (void)MUSTER_NCCL(old, ncclGetVersion)(&version);
    auto text = std::to_string(version);
    for (auto const* name :
         {"ncclAlltoAll", "ncclGather", "ncclScatter", "ncclGroupSimulateEnd", "ncclMemAlloc",
          "ncclCommInitRankScalable", "ncclCommRegister", "ncclCommWindowRegister", "ncclResetDebugInit"}) {
      if (old.find<void()>(name)) text += std::string(" has ") + name;
    }
    return text;
  });
  EXPECT_THAT(facts, ElementsAre("21805"));
  EXPECT_THAT(
      with_ranks(
          2, [](NcclRank& rank) { return exchange_all(rank, 5, 2) + one_all_reduce(rank); }, false, file),
      Each("ok"));
}

}  // namespace
}  // namespace muster::standin
