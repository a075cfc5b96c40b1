// The stand-in NCCL: what ranks do wrong is said, and what is to go wrong does.
#include <gmock/gmock.h>

#include "tests/standin/nccl_standin.hpp"

namespace muster::standin {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// ------------------------------------------------------------------------------------------

/// A call of which the communicator, not its status, says what became of it.
void launched(ncclResult_t result, char const* what) {
  if (result != ncclInProgress) throw std::runtime_error(std::string(what) + " was refused");
}

/// What each rank's communicator reports after `body`, and what the library says last.
std::vector<std::string> faults_of(int ranks, std::function<void(NcclRank&, DeviceBytes&)> const& body) {
  return with_ranks(ranks, [&](NcclRank& rank) {
    DeviceBytes data(1024);
    body(rank, data);
    auto const outcome = rank.outcome();
    auto const* const said = MUSTER_NCCL(rank.library, ncclGetLastError)(nullptr);
    rank.group().barrier();  // everybody has seen it
    return std::to_string(static_cast<int>(outcome)) + " " + said;
  });
}

TEST_F(NcclStandin, DifferentCountsAreReportedWithBothRanks) {
  auto const results = faults_of(3, [](NcclRank& rank, DeviceBytes& data) {
    launched(MUSTER_NCCL(rank.library, ncclAllReduce)(data.data(), data.data(), rank.rank() == 2 ? 20 : 10,
                                                      ncclFloat32, ncclSum, rank.comm, rank.stream),
             "AllReduce");
  });
  EXPECT_THAT(results, Each(StartsWith("5 ")));
  EXPECT_THAT(results, testing::Contains(HasSubstr(
                           "rank 0 AllReduce of 10 float32 (sum), rank 2 AllReduce of 20 float32 (sum)")));
}

TEST_F(NcclStandin, DifferentTypesOperatorsRootsAndFunctionsAreReported) {
  for (int variant = 0; variant < 4; ++variant) {
    auto const results = faults_of(2, [variant](NcclRank& rank, DeviceBytes& data) {
      bool const other = rank.rank() == 1;
      if (variant == 3 && other) {
        launched(MUSTER_NCCL(rank.library, ncclBroadcast)(data.data(), data.data(), 8, ncclFloat32, 0,
                                                          rank.comm, rank.stream),
                 "Broadcast");
        return;
      }
      launched(MUSTER_NCCL(rank.library, ncclReduce)(data.data(), data.data(), 8,
                                                     variant == 0 && other ? ncclInt32 : ncclFloat32,
                                                     variant == 1 && other ? ncclMax : ncclSum,
                                                     variant == 2 && other ? 1 : 0, rank.comm, rank.stream),
               "Reduce");
    });
    EXPECT_THAT(results, Each(StartsWith("5 "))) << variant;
  }
}

TEST_F(NcclStandin, AReceiveOfAnotherSizeIsReported) {
  auto const results = faults_of(2, [](NcclRank& rank, DeviceBytes& data) {
    launched(rank.rank() == 0
                 ? MUSTER_NCCL(rank.library, ncclSend)(data.data(), 10, ncclInt32, 1, rank.comm, rank.stream)
                 : MUSTER_NCCL(rank.library, ncclRecv)(data.data(), 11, ncclInt32, 0, rank.comm, rank.stream),
             "pair");
  });
  EXPECT_THAT(results, Each(StartsWith("5 ")));
  EXPECT_THAT(results[1], HasSubstr("rank 0 sends 10 int32, rank 1 receives 11 int32"));
}

TEST_F(NcclStandin, ACollectiveAgainstAReceiveIsReported) {
  auto const results = faults_of(2, [](NcclRank& rank, DeviceBytes& data) {
    launched(rank.rank() == 0
                 ? MUSTER_NCCL(rank.library, ncclAllReduce)(data.data(), data.data(), 4, ncclInt32, ncclSum,
                                                            rank.comm, rank.stream)
                 : MUSTER_NCCL(rank.library, ncclRecv)(data.data(), 4, ncclInt32, 0, rank.comm, rank.stream),
             "call");
  });
  EXPECT_THAT(results, Each(StartsWith("5 ")));
  EXPECT_THAT(results[1], HasSubstr("rank 1 is in a Recv from rank 0, which is in AllReduce"));
}

TEST_F(NcclStandin, ACallBeforeTheLastOneIsThroughIsRefused) {
  EXPECT_THAT(with_ranks(1,
                         [](NcclRank& rank) {
                           DeviceBytes data(4);
                           auto const call = [&] {
                             return std::to_string(static_cast<int>(MUSTER_NCCL(rank.library, ncclAllReduce)(
                                 data.data(), data.data(), 1, ncclFloat32, ncclSum, rank.comm, rank.stream)));
                           };
                           auto text = call() + " ";
                           text += call() + " ";
                           return text + std::to_string(static_cast<int>(rank.settled(rank.comm)));
                         }),
              ElementsAre("7 4 4"));
}

TEST_F(NcclStandin, BuffersThatAreHostMemoryTooShortOrOverlappingAreRefused) {
  EXPECT_THAT(with_ranks(
                  2,
                  [](NcclRank& rank) {
                    DeviceBytes data(64);
                    float host[4] = {};
                    auto const reduce = [&](void const* in, void* out, std::size_t count) {
                      return std::to_string(static_cast<int>(MUSTER_NCCL(rank.library, ncclAllReduce)(
                          in, out, count, ncclFloat32, ncclSum, rank.comm, rank.stream)));
                    };
                    return reduce(host, data.data(), 4) + reduce(data.data(), data.data(), 17) +
                           reduce(data.data(), data.data() + 4, 4);
                  },
                  true),
              Each("444"));
}

// ---------------------------------------------------------------------------------------------

TEST_F(NcclStandin, FaultsOnDemand) {
  {
    Fail const fault("ncclAllReduce@1:1:3");
    EXPECT_EQ(with_ranks(2, one_all_reduce)[1], "status 3");
  }
  {
    Fail const fault("ncclAllReduce@1:1:hang");
    EXPECT_THAT(with_ranks(2, one_all_reduce), Each("outcome 7"));
  }
  {
    Fail const fault("ncclAllReduce@0:1:async=3");  // the other one then loses its peer
    EXPECT_THAT(with_ranks(2, one_all_reduce), ElementsAre("outcome 3", "outcome 6"));
  }
  {
    Fail const fault("ncclAllReduce@0:1:delay=50");
    EXPECT_THAT(with_ranks(2, one_all_reduce), Each("ok"));
  }
  {
    Fail const fault("ncclAllReduce@0:1:wrong");
    EXPECT_THAT(with_ranks(2, one_all_reduce), ElementsAre(HasSubstr("element 99 is"), "ok"));
  }
}

/// Which of the library's functions do not fail when they are told to.
std::string deaf_functions(NcclRank& rank) {
  auto const& library = rank.library;
  auto const comm = rank.comm;
  DeviceBytes data(64);
  void* const address = data.data();
  void* pointer = nullptr;
  int number = 0;
  ncclUniqueId id{};
  ncclComm_t child = nullptr;
  ncclWindow_t window = nullptr;
  ncclRedOp_t op{};
  ncclResult_t state{};
  ncclSimInfo_t info = NCCL_SIM_INFO_INITIALIZER;
  std::string deaf;
  auto const expect = [&deaf](char const* name, auto const& call) {
    setenv("MUSTER_STANDIN_FAIL", (std::string(name) + ":*:3").c_str(), 1);
    if (call() != ncclInternalError) deaf += std::string(name) + " ";
  };
#define MUSTER_EXPECT(function, ...) \
  expect(#function, [&] { return MUSTER_NCCL(library, function)(__VA_ARGS__); })
  MUSTER_EXPECT(ncclAllReduce, address, address, 1, ncclInt32, ncclSum, comm, rank.stream);
  MUSTER_EXPECT(ncclReduceScatter, address, address, 1, ncclInt32, ncclSum, comm, rank.stream);
  MUSTER_EXPECT(ncclReduce, address, address, 1, ncclInt32, ncclSum, 0, comm, rank.stream);
  MUSTER_EXPECT(ncclAllGather, address, address, 1, ncclInt32, comm, rank.stream);
  MUSTER_EXPECT(ncclBroadcast, address, address, 1, ncclInt32, 0, comm, rank.stream);
  MUSTER_EXPECT(ncclAlltoAll, address, address, 1, ncclInt32, comm, rank.stream);
  MUSTER_EXPECT(ncclGather, address, address, 1, ncclInt32, 0, comm, rank.stream);
  MUSTER_EXPECT(ncclScatter, address, address, 1, ncclInt32, 0, comm, rank.stream);
  MUSTER_EXPECT(ncclSend, address, 1, ncclInt32, 0, comm, rank.stream);
  MUSTER_EXPECT(ncclRecv, address, 1, ncclInt32, 0, comm, rank.stream);
  MUSTER_EXPECT(ncclGroupStart);
  (void)MUSTER_NCCL(library, ncclGroupStart)();  // still told to fail: no group is open after this
  MUSTER_EXPECT(ncclGroupSimulateEnd, &info);
  MUSTER_EXPECT(ncclRedOpCreatePreMulSum, &op, address, ncclInt32, ncclScalarDevice, comm);
  MUSTER_EXPECT(ncclRedOpDestroy, op, comm);
  MUSTER_EXPECT(ncclMemAlloc, &pointer, 1);
  MUSTER_EXPECT(ncclMemFree, pointer);
  MUSTER_EXPECT(ncclCommRegister, comm, address, 1, &pointer);
  MUSTER_EXPECT(ncclCommDeregister, comm, pointer);
  MUSTER_EXPECT(ncclCommWindowRegister, comm, address, 1, &window, 0);
  MUSTER_EXPECT(ncclCommWindowDeregister, comm, window);
  MUSTER_EXPECT(ncclCommSplit, comm, 0, 0, &child, nullptr);
  MUSTER_EXPECT(ncclCommCount, comm, &number);
  MUSTER_EXPECT(ncclCommUserRank, comm, &number);
  MUSTER_EXPECT(ncclCommCuDevice, comm, &number);
  MUSTER_EXPECT(ncclCommGetAsyncError, comm, &state);
  MUSTER_EXPECT(ncclCommFinalize, comm);
  MUSTER_EXPECT(ncclCommDestroy, comm);
  MUSTER_EXPECT(ncclCommAbort, comm);
  MUSTER_EXPECT(ncclGetUniqueId, &id);
  MUSTER_EXPECT(ncclGetVersion, &number);
  MUSTER_EXPECT(ncclCommInitRankConfig, &child, 1, id, 0, nullptr);
  MUSTER_EXPECT(ncclCommInitRankScalable, &child, 1, 0, 1, &id, nullptr);
  setenv("MUSTER_STANDIN_FAIL", "", 1);
  (void)MUSTER_NCCL(library, ncclGroupStart)();
  MUSTER_EXPECT(ncclGroupEnd);
#undef MUSTER_EXPECT
  setenv("MUSTER_STANDIN_FAIL", "", 1);
  return deaf;
}

TEST_F(NcclStandin, EveryFunctionFailsWhenToldTo) {
  EXPECT_THAT(with_ranks(1, deaf_functions, true), ElementsAre("ok"));
}

TEST_F(NcclStandin, AWrongSendIsWrongWhereItArrives) {
  Fail const fault("ncclSend@1:2:wrong");
  auto const results = with_ranks(2, [](NcclRank& rank) { return exchange_all(rank, 3, 1); });
  EXPECT_EQ(results[0], "ok");  // the first of rank 1's sends goes there
  EXPECT_THAT(results[1], HasSubstr("element 5 is"));
}

TEST_F(NcclStandin, ARankThatFinalizesAndHangsHoldsTheOthers) {
  Fail const fault("ncclCommFinalize@1:1:hang");
  EXPECT_THAT(with_ranks(2,
                         [](NcclRank& rank) {
                           auto const now = MUSTER_NCCL(rank.library, ncclCommFinalize)(rank.comm);
                           std::this_thread::sleep_for(std::chrono::milliseconds(300));
                           auto state = ncclSuccess;
                           (void)MUSTER_NCCL(rank.library, ncclCommGetAsyncError)(rank.comm, &state);
                           auto text = std::to_string(static_cast<int>(now)) +
                                       std::to_string(static_cast<int>(state));
                           rank.group().barrier();  // nobody leaves before the other has seen this
                           return text;
                         }),
              Each("77"));
}

TEST_F(NcclStandin, AnAbortThatHangsNeverReturns) {
  Fail const fault("ncclCommAbort@1:1:hang");
  auto const results = run_ranks(
      2, [](Group& group) { return (NcclRank(group), std::string("ended")); }, 3);
  EXPECT_THAT(results, ElementsAre("ended", "hung"));
}

TEST_F(NcclStandin, TheDeathOfAPeerIsARemoteErrorAfterATimeOrNever) {
  for (auto const* time : {"200", "never"}) {
    machine_.set("MUSTER_STANDIN_NCCL_DEAD_MS", time);
    auto const results = with_ranks(3, [](NcclRank& rank) {
      DeviceBytes data(4);
      if (rank.rank() == 1) _exit(3);
      rank.must(MUSTER_NCCL(rank.library, ncclAllReduce)(data.data(), data.data(), 1, ncclFloat32, ncclSum,
                                                         rank.comm, rank.stream),
                "AllReduce");
      auto const before = std::to_string(static_cast<int>(rank.outcome(0)));
      auto const after = std::to_string(static_cast<int>(rank.outcome(1)));
      return before + after;
    });
    auto const* const expected = std::string_view(time) == "never" ? "77" : "76";
    EXPECT_THAT(results, ElementsAre(expected, "died", expected)) << time;
  }
}

}  // namespace
}  // namespace muster::standin
