// The backend's communicator: every operation of the contract, on a new and an old NCCL, and its ends, good
// and bad.
#include "kernels/collective/nccl_communicator.hpp"

#include <gmock/gmock.h>

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "kernels/contract/error.hpp"
#include "tests/standin/nccl_standin.hpp"
#include "tests/standin/ras_server.hpp"

namespace muster::standin {
namespace {

using cuda::NcclCommunicator;
using cuda::NcclSettings;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t count = 45;

/// What a rank has besides its communicator.
struct Seat {
  explicit Seat(Group& group) {
    (void)cudaSetDevice(group.rank());
    (void)cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
  }
  cudaStream_t stream = nullptr;
};

constexpr std::pair<ElementType, ncclDataType_t> types[] = {{ElementType::int8, ncclInt8},
                                                            {ElementType::uint8, ncclUint8},
                                                            {ElementType::int32, ncclInt32},
                                                            {ElementType::uint32, ncclUint32},
                                                            {ElementType::int64, ncclInt64},
                                                            {ElementType::uint64, ncclUint64},
                                                            {ElementType::float16, ncclFloat16},
                                                            {ElementType::float32, ncclFloat32},
                                                            {ElementType::float64, ncclFloat64},
                                                            {ElementType::bfloat16, ncclBfloat16},
                                                            {ElementType::float8_e4m3, ncclFloat8e4m3},
                                                            {ElementType::float8_e5m2, ncclFloat8e5m2}};

using Expected = std::function<double(std::size_t)>;

class Bench {
 public:
  Bench(Group& group, NcclCommunicator& communicator, cudaStream_t stream)
      : group_(group),
        communicator_(communicator),
        stream_(stream),
        in_(count * n() * 8),
        out_(count * n() * 8) {}

  std::size_t n() const { return static_cast<std::size_t>(group_.size()); }
  std::size_t me() const { return static_cast<std::size_t>(group_.rank()); }

  /// "" or what is wrong: the first `elements` of the result.
  std::string check(CollectiveCall call, ncclDataType_t type, std::size_t elements,
                    Expected const& expected) {
    in_.fill(made(count * n(), type, group_.rank()));
    std::memset(out_.data(), 0, out_.size());
    call.send = in_.data();
    call.recv = out_.data();
    communicator_.run(call, stream_);
    communicator_.wait(stream_);
    return compare(std::string(name(call.operation)) + " " + std::string(name(call.reduction)), out_.data(),
                   elements, type, expected);
  }

 private:
  Group& group_;
  NcclCommunicator& communicator_;
  cudaStream_t stream_;
  DeviceBytes in_, out_;
};

std::string reductions(Bench& bench, ElementType element, ncclDataType_t type) {
  std::string wrong;
  int const root = static_cast<int>(bench.n()) - 1;
  for (auto const reduction : {Reduction::sum, Reduction::max, Reduction::min, Reduction::premul_sum}) {
    Expected const right = [&](std::size_t i) {
      double all = 0;
      for (int rank = 0; rank < static_cast<int>(bench.n()); ++rank) {
        double const one =
            value(rank, i, type) * (reduction == Reduction::premul_sum ? premul_scalar(rank) : 1);
        all = rank == 0                     ? one
              : reduction == Reduction::max ? std::max(all, one)
              : reduction == Reduction::min ? std::min(all, one)
                                            : all + one;
      }
      return all;
    };
    CollectiveCall call{.type = element, .reduction = reduction, .count = count, .root = root};
    wrong += bench.check(call, type, count, right);
    call.operation = Operation::reduce_scatter;
    wrong += bench.check(call, type, count, [&](std::size_t i) { return right(bench.me() * count + i); });
    call.operation = Operation::reduce;
    wrong += bench.check(call, type, count,
                         [&](std::size_t i) { return static_cast<int>(bench.me()) == root ? right(i) : 0; });
  }
  return wrong;
}

std::string movements(Bench& bench, ElementType element, ncclDataType_t type) {
  std::size_t const n = bench.n(), me = bench.me(), all = count * n;
  int const root = 1;
  auto const of = [&](std::size_t rank, std::size_t i) { return value(static_cast<int>(rank), i, type); };
  CollectiveCall call{.type = element, .count = count, .root = root};
  std::string wrong;
  auto const check = [&](Operation operation, std::size_t elements, Expected const& expected) {
    call.operation = operation;
    wrong += bench.check(call, type, elements, expected);
  };
  check(Operation::all_gather, all, [&](std::size_t i) { return of(i / count, i % count); });
  check(Operation::broadcast, count, [&](std::size_t i) { return of(root, i); });
  check(Operation::all_to_all, all, [&](std::size_t i) { return of(i / count, me * count + i % count); });
  check(Operation::gather, all, [&](std::size_t i) { return me == root ? of(i / count, i % count) : 0; });
  check(Operation::scatter, count, [&](std::size_t i) { return of(root, me * count + i); });
  check(Operation::send_recv, count, [&](std::size_t i) { return of((me + n - 1) % n, i); });
  // Pairs of neighbours; with an odd number of ranks the last one has nobody.
  std::size_t const other = me ^ 1U;
  call.partner = other < n ? static_cast<int>(other) : -1;
  check(Operation::pairwise, count, [&](std::size_t i) { return other < n ? of(other, i) : 0; });
  return wrong;
}

/// Rank r sends r + peer elements to each peer, from where the peer's block begins.
std::string uneven(Bench& bench) {
  std::size_t const n = bench.n(), me = bench.me();
  std::vector<std::size_t> counts(n), offsets(n);
  for (std::size_t peer = 0; peer < n; ++peer) {
    counts[peer] = me + peer;  // as many come back; none between rank 0 and itself
    offsets[peer] = peer * count;
  }
  CollectiveCall const call{.operation = Operation::all_to_all_v,
                            .type = ElementType::int32,
                            .send_counts = counts,
                            .send_offsets = offsets,
                            .recv_counts = counts,
                            .recv_offsets = offsets};
  return bench.check(call, ncclInt32, count * n, [&](std::size_t i) {
    auto const peer = i / count, at = i % count;
    return at < me + peer ? value(static_cast<int>(peer), me * count + at, ncclInt32) : 0;
  });
}

std::string every_operation(Group& group) {
  Seat const seat(group);
  NcclCommunicator communicator(group);
  Bench bench(group, communicator, seat.stream);
  std::string wrong;
  for (auto const& [element, type] : types)
    wrong += reductions(bench, element, type) + movements(bench, element, type);
  wrong += uneven(bench);
  return wrong.empty() ? "ok" : wrong;
}

/// From now on, libnccl.so.2 is the old one in this process.
void use_old_library() {
  static NcclLibrary const old(std::string(MUSTER_STANDIN_FOLDER) + "/old-nccl/libnccl.so.2");
}

NcclSettings impatient(std::vector<std::string>* notes = nullptr) {
  NcclSettings settings;
  settings.joining = settings.operation = settings.ending = settings.aborting = milliseconds(400);
  if (notes) settings.note = [notes](std::string text) { notes->push_back(std::move(text)); };
  return settings;
}

class Communicator : public NcclStandin {
 protected:
  Environment nowhere_{{"NCCL_RAS_ADDR", "127.0.0.1:1"}, {"NCCL_DEBUG_FILE", "untouched"}};
};

TEST_F(Communicator, CarriesOutEveryOperationInEveryType) {
  for (int const ranks : {2, 3, 4}) EXPECT_THAT(run_ranks(ranks, every_operation), Each("ok")) << ranks;
}

TEST_F(Communicator, AnOldLibraryDoesTheSameBySendsAndReceives) {
  EXPECT_THAT(run_ranks(3,
                        [](Group& group) {
                          use_old_library();
                          auto text = every_operation(group);
                          return text + (cuda::nccl().version() == 21805 ? "" : ", but by another library");
                        }),
              Each("ok"));
}

TEST_F(Communicator, IsMadeFromOneIdForSoManyRanks) {
  auto const made = [](bool old) {
    return run_ranks(4, [old](Group& group) {
      if (old) use_old_library();
      Seat const seat(group);
      NcclSettings settings;
      settings.ranks_per_id = 3;
      NcclCommunicator communicator(group, settings);
      Bench bench(group, communicator, seat.stream);
      auto const wrong = movements(bench, ElementType::int32, ncclInt32);
      return std::to_string(communicator.ids()) + (communicator.joining_seconds() > 0 ? " ids" : " no time") +
             wrong;
    });
  };
  EXPECT_THAT(made(false), Each("2 ids"));
  EXPECT_THAT(made(true), Each("1 ids"));
}

TEST_F(Communicator, SpansAGroupThatWasSplitOff) {
  EXPECT_THAT(
      run_ranks(4,
                [](Group& group) {
                  Seat const seat(group);
                  auto const part = group.split(group.rank() % 2);
                  NcclCommunicator communicator(*part);
                  DeviceBytes data(8);
                  put(data.data(), std::int64_t{1} << group.rank());
                  communicator.run(
                      {.type = ElementType::int64, .send = data.data(), .recv = data.data(), .count = 1},
                      seat.stream);
                  communicator.wait(seat.stream);
                  return std::to_string(get<std::int64_t>(data.data()));
                }),
      ElementsAre("5", "10", "5", "10"));
}

TEST_F(Communicator, WhatACaptureRecordsRunsWithEveryLaunch) {
  EXPECT_THAT(
      run_ranks(2,
                [](Group& group) {
                  Seat const seat(group);
                  NcclCommunicator communicator(group);
                  DeviceBytes data(8), other(8);
                  put(data.data(), 1.0);
                  cudaGraph_t graph{};
                  cudaGraphExec_t executable{};
                  (void)cudaStreamBeginCapture(seat.stream, cudaStreamCaptureModeThreadLocal);
                  communicator.run(
                      {.type = ElementType::float64, .send = data.data(), .recv = data.data(), .count = 1},
                      seat.stream);
                  communicator.run({.operation = Operation::send_recv,
                                    .type = ElementType::float64,
                                    .send = data.data(),
                                    .recv = other.data(),
                                    .count = 1},
                                   seat.stream);
                  (void)cudaStreamEndCapture(seat.stream, &graph);
                  (void)cudaGraphInstantiate(&executable, graph, 0);
                  for (int i = 0; i < 3; ++i) (void)cudaGraphLaunch(executable, seat.stream);
                  communicator.wait(seat.stream);
                  (void)cudaGraphExecDestroy(executable);
                  (void)cudaGraphDestroy(graph);
                  return std::to_string(get<double>(other.data()));
                }),
      Each("8.000000"));
}

std::string estimates(Group& group) {
  Seat const seat(group);
  NcclCommunicator communicator(group);
  DeviceBytes data(80'000);
  put(data.data(), 1.0F);
  CollectiveCall call{.send = data.data(), .recv = data.data(), .count = 10'000};
  auto const first = communicator.estimate(call);
  call.count = 20'000;
  auto const second = communicator.estimate(call);
  auto text = first && second ? std::to_string(std::lround(*first * 1e9)) + " " +
                                    std::to_string(std::lround(*second * 1e9))
                              : std::string("nothing");
  call.operation = Operation::send_recv;
  if (communicator.estimate(call)) text += ", and of a send";
  communicator.wait(seat.stream);
  return text + (get<float>(data.data()) == 1.0F ? "" : ", but ran");
}

TEST_F(Communicator, EstimatesWithoutRunningAnything) {
  EXPECT_THAT(run_ranks(2, estimates), Each("14000 18000"));  // ns: 5 us a rank and 10 GB/s
  EXPECT_THAT(run_ranks(2,
                        [](Group& group) {
                          use_old_library();
                          return estimates(group);
                        }),
              Each("nothing"));
}

std::string choices(Group& group) {
  Seat const seat(group);
  NcclCommunicator communicator(group);
  DeviceBytes data(4 << 20), other(4 << 20);
  std::memset(data.data(), 0, data.size());
  std::string text;
  for (std::size_t const elements : {std::size_t{100}, std::size_t{1} << 20}) {
    auto const choice =
        communicator.chosen({.send = data.data(), .recv = data.data(), .count = elements}, seat.stream);
    text += choice
                ? choice->algorithm + " " + choice->protocol + " " + std::to_string(choice->channels) + "; "
                : "none; ";
  }
  auto const sent = communicator.chosen(
      {.operation = Operation::send_recv, .send = data.data(), .recv = other.data(), .count = 100},
      seat.stream);
  char const* const file = std::getenv("NCCL_DEBUG_FILE");
  text += sent ? "of a send, too" : "";
  return text + (file && std::string(file) == "untouched" ? "" : "environment changed");
}

TEST_F(Communicator, AllRanksKnowWhatWasChosen) {
  EXPECT_THAT(run_ranks(2, choices), Each("TREE LL 2; RING SIMPLE 2; "));
  EXPECT_THAT(run_ranks(2,
                        [](Group& group) {
                          use_old_library();
                          return choices(group);
                        }),
              Each("none; none; "));
  Environment const users_log{{"NCCL_DEBUG", "WARN"}};
  EXPECT_THAT(run_ranks(2, choices), Each("none; none; "));
}

TEST_F(Communicator, MayBeHeldToFewerThreadBlocks) {
  EXPECT_THAT(run_ranks(2,
                        [](Group& group) {
                          Seat const seat(group);
                          NcclSettings settings;
                          settings.max_ctas = 1;
                          NcclCommunicator communicator(group, settings);
                          DeviceBytes data(4);
                          auto const choice = communicator.chosen(
                              {.send = data.data(), .recv = data.data(), .count = 1}, seat.stream);
                          return choice ? std::to_string(choice->channels) : "none";
                        }),
              Each("1"));
}

TEST_F(Communicator, DifferentVersionsAreToldOnAllRanks) {
  auto const versions = [](bool mixed) {
    return run_ranks(2, [mixed](Group& group) {
      if (mixed && group.rank() == 1) use_old_library();
      cuda::require_same_version(group);
      return std::string("same");
    });
  };
  EXPECT_THAT(versions(false), Each("same"));
  EXPECT_THAT(versions(true),
              ElementsAre(HasSubstr("different versions of NCCL (2.18.5 to 2.28.9; rank 0 has 2.28.9)"),
                          HasSubstr("different versions of NCCL (2.18.5 to 2.28.9; rank 1 has 2.18.5)")));
}

// --- what goes wrong
// ----------------------------------------------------------------------------------------------

/// One all-reduce with little patience; then what was noted at the communicator's end, and that the process
/// goes on.
std::string one_operation(Group& group, int operations = 1) {
  Seat const seat(group);
  std::vector<std::string> notes;
  std::string text = "ok";
  try {
    auto settings = impatient(&notes);
    settings.ending += group.rank() * milliseconds(300);  // when one gives up, the others need wait no more
    NcclCommunicator communicator(group, settings);
    DeviceBytes data(400);
    for (int i = 0; i < operations; ++i) {
      communicator.run({.send = data.data(), .recv = data.data(), .count = 100}, seat.stream);
      communicator.wait(seat.stream);
    }
  } catch (DeviceError const& error) {
    text = error.what();
  }
  for (auto const& note : notes) text += " | " + note;
  group.barrier();  // a rank that ends its process early would be a dead peer to the others
  return text;
}

TEST_F(Communicator, ARankThatNeverJoinsCostsTheTimeForJoining) {
  Fail const fault("ncclCommInitRankConfig@1:1:hang");
  EXPECT_THAT(run_ranks(3, [](Group& group) { return one_operation(group); }),
              ElementsAre(StartsWith("ncclCommInitRankConfig does not end (rank 0 of 3 has waited 0.4 s"),
                          StartsWith("ncclCommInitRankConfig does not end (rank 1 of 3"),
                          StartsWith("ncclCommInitRankConfig does not end (rank 2 of 3")));
}

TEST_F(Communicator, AnOperationThatHangsIsNamedByEveryRankAndEndsInTime) {
  Fail const fault("ncclAllReduce@2:3:hang");
  EXPECT_THAT(
      run_ranks(4, [](Group& group) { return one_operation(group, 5); }),
      ElementsAre(StartsWith("all_reduce of 100 float32 does not end (rank 0 of 4 in operation 3, "),
                  StartsWith("all_reduce of 100 float32 does not end (rank 1 of 4 in operation 3, "),
                  StartsWith("all_reduce of 100 float32 does not end (rank 2 of 4 in operation 3, "),
                  StartsWith("all_reduce of 100 float32 does not end (rank 3 of 4 in operation 3, ")));
}

TEST_F(Communicator, AFaultWhileItRunsIsThrownWithNcclsCode) {
  Fail const fault("ncclAllReduce@1:2:async=6");
  auto const results = run_ranks(2, [](Group& group) { return one_operation(group, 2); });
  EXPECT_THAT(results[0], HasSubstr("does not end (rank 0 of 2 in operation 2"));
  EXPECT_THAT(results[1],
              AllOf(HasSubstr("failed (6: remote process exited"), HasSubstr("all_reduce of 100 float32")));
}

TEST_F(Communicator, ADeadPeerIsTold) {
  machine_.set("MUSTER_STANDIN_NCCL_DEAD_MS", "50");
  auto const results = run_ranks(3, [](Group& group) {
    Seat const seat(group);
    auto const survivors = group.split(group.rank() == 2 ? 1 : 0);
    NcclCommunicator communicator(group, impatient());
    if (group.rank() == 2) _exit(1);
    DeviceBytes data(4);
    std::string text = "ok";
    try {
      communicator.run({.send = data.data(), .recv = data.data(), .count = 1}, seat.stream);
      communicator.wait(seat.stream);
    } catch (DeviceError const& error) {
      text = error.what();
    }
    survivors->barrier();  // else the first of them to end would be one more dead peer
    return text;
  });
  EXPECT_THAT(results[0],
              AllOf(HasSubstr("rank 0 of 3 in operation 1, all_reduce of 1 float32"),
                    HasSubstr("(6: remote process exited"), HasSubstr("lost its connection to rank 2")));
}

TEST_F(Communicator, NcclsLastWordsAreInTheMessage) {
  machine_.set("MUSTER_STANDIN_CAPABILITY", "8.0");
  EXPECT_THAT(
      run_ranks(
          2,
          [](Group& group) {
            Seat const seat(group);
            NcclCommunicator communicator(group);
            DeviceBytes data(4);
            communicator.run(
                {.type = ElementType::float8_e4m3, .send = data.data(), .recv = data.data(), .count = 1},
                seat.stream);
            return std::string("ok");
          }),
      Each(AllOf(HasSubstr("all_reduce of 1 float8_e4m3 failed (4: "),
                 HasSubstr("NCCL says: FP8 reduction support begins with sm90"))));
}

/// Ranks that are still in a blocking set-up when their process ends do not tidy up behind themselves.
void forget_what_was_left_behind() {
  auto const mine = "muster-standin-nccl." + std::to_string(getpid()) + ".";
  for (auto const& entry : std::filesystem::directory_iterator("/dev/shm")) {
    if (entry.path().filename().string().starts_with(mine)) std::filesystem::remove(entry.path());
  }
}

TEST_F(Communicator, AnEstimateThatHangsCostsTheTimeForJoining) {
  Fail const fault("ncclCommInitRankConfig@1:2:hang");  // the second is that for estimates
  EXPECT_THAT(run_ranks(2,
                        [](Group& group) {
                          Seat const seat(group);
                          NcclCommunicator communicator(group, impatient());
                          DeviceBytes data(4);
                          CollectiveCall const call{.send = data.data(), .recv = data.data(), .count = 1};
                          std::string text = "estimated";
                          try {
                            (void)communicator.estimate(call);
                          } catch (DeviceError const& error) {
                            text = error.what();
                          }
                          communicator.run(call, seat.stream);  // is none the worse for it
                          communicator.wait(seat.stream);
                          group.barrier();
                          forget_what_was_left_behind();
                          return text;
                        }),
              Each(StartsWith("the communicator for estimates does not get ready")));
}

TEST_F(Communicator, AnAbortThatHangsIsLeftBehindAndSaid) {
  Fail const fault("ncclAllReduce@1:1:hang,ncclCommAbort@0:1:hang");
  EXPECT_THAT(run_ranks(
                  2, [](Group& group) { return one_operation(group); }, 20),
              ElementsAre(AllOf(HasSubstr("all_reduce of 100 float32 does not end"),
                                HasSubstr(" | ncclCommAbort does not return (rank 0 of 2 in operation 1")),
                          AllOf(HasSubstr("all_reduce of 100 float32 does not end"),
                                testing::Not(HasSubstr(" | ")))));
}

TEST_F(Communicator, AFinalizeThatHangsIsAbortedAndSaid) {
  Fail const fault("ncclCommFinalize@1:1:hang");
  EXPECT_THAT(run_ranks(
                  2, [](Group& group) { return one_operation(group); }, 20),
              Each(StartsWith("ok | ncclCommFinalize does not end")));
}

TEST_F(Communicator, AHangInFinalizeAndInAbortStillLetsTheProcessGoOn) {
  Fail const fault("ncclCommFinalize@0:1:hang,ncclCommAbort:1:hang");
  EXPECT_THAT(
      run_ranks(
          2, [](Group& group) { return one_operation(group); }, 20),
      Each(AllOf(HasSubstr("ncclCommFinalize does not end"), HasSubstr("ncclCommAbort does not return"))));
}

TEST_F(Communicator, ABrokenOneTakesNoMoreCalls) {
  Fail const fault("ncclAllReduce@1:1:2");
  auto const results = run_ranks(2, [](Group& group) {
    Seat const seat(group);
    NcclCommunicator communicator(group, impatient());
    DeviceBytes data(4);
    CollectiveCall const call{.send = data.data(), .recv = data.data(), .count = 1};
    std::string text;
    for (int i = 0; i < 2; ++i) {
      try {
        communicator.run(call, seat.stream);
        communicator.wait(seat.stream);
      } catch (DeviceError const& error) {
        text += error.what() + std::string("; ");
      }
    }
    group.barrier();
    return text;
  });
  EXPECT_THAT(results[1],
              AllOf(HasSubstr("all_reduce of 1 float32 failed (2: "), HasSubstr("cannot be run")));
}

TEST_F(Communicator, RasSaysWhoIsMissing) {
  Fail const fault("ncclAllReduce@1:1:hang");
  auto const results = run_ranks(2, [](Group& group) {
    RasServer const server(
        "OK\nOK\n{\"communicators\": [{\"hash\": \"0x1\", \"ranks\": [], \"missing_ranks\": [{\"rank\": "
        "1, \"host\": \"node18\", \"pid\": 77, \"status\": {\"considered_dead\": true}}]}]}");
    setenv("NCCL_RAS_ADDR", server.address().c_str(), 1);
    return one_operation(group);
  });
  EXPECT_THAT(results, Each(HasSubstr("; NCCL's RAS: rank 1 (process 77 on node18) is dead)")));
}

}  // namespace
}  // namespace muster::standin
