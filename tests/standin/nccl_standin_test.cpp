// The stand-in NCCL: every operation, type and reduction among processes, against values worked out here.
#include <gmock/gmock.h>

#include "tests/standin/nccl_standin.hpp"

namespace muster::standin {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

struct Operator {
  char const* name;
  ncclRedOp_t op;
  Values values;
  double (*join)(double, double);
};
double add(double a, double b) { return a + b; }
double multiply(double a, double b) { return a * b; }
double larger(double a, double b) { return std::max(a, b); }
double smaller(double a, double b) { return std::min(a, b); }
constexpr Operator operators[] = {{"sum", ncclSum, value, add},
                                  {"prod", ncclProd, small_value, multiply},
                                  {"max", ncclMax, value, larger},
                                  {"min", ncclMin, value, smaller},
                                  {"avg", ncclAvg, value, add}};

double reduced(Operator const& op, int ranks, std::size_t i, ncclDataType_t type) {
  double all = op.values(0, i, type);
  for (int rank = 1; rank < ranks; ++rank) all = op.join(all, op.values(rank, i, type));
  if (op.op != ncclAvg) return all;
  return is_float(type) ? all / ranks : std::trunc(all / ranks);
}

/// 1/3 is not exact in any type: each summand and each sum may be off by half a unit in the last place.
double tolerance(Operator const& op, int ranks, ncclDataType_t type) {
  if (op.op != ncclAvg || ranks != 3 || !is_float(type)) return 0;
  return type == ncclFloat8e4m3 ? 0.25 : type == ncclFloat8e5m2 ? 0.5 : type == ncclBfloat16 ? 0.02 : 0.003;
}

std::string reductions(NcclRank& rank, ncclDataType_t type, std::size_t count) {
  auto const n = static_cast<std::size_t>(rank.ranks()), me = static_cast<std::size_t>(rank.rank());
  std::size_t const size = size_of(type);
  int const root = rank.ranks() - 1;
  std::string wrong;
  for (auto const& op : operators) {
    auto const right = [&](std::size_t i) { return reduced(op, rank.ranks(), i, type); };
    double const slack = tolerance(op, rank.ranks(), type);
    DeviceBytes in(count * n * size), out(count * size);
    in.fill(made(count * n, type, rank.rank(), op.values));
    rank.must(MUSTER_NCCL(rank.library, ncclAllReduce)(in.data(), out.data(), count, type, op.op, rank.comm,
                                                       rank.stream),
              "AllReduce");
    rank.wait();
    wrong += compare(std::string("AllReduce ") + op.name, out.data(), count, type, right, slack);
    rank.must(MUSTER_NCCL(rank.library, ncclReduceScatter)(in.data(), out.data(), count, type, op.op,
                                                           rank.comm, rank.stream),
              "ReduceScatter");
    rank.wait();
    wrong += compare(
        std::string("ReduceScatter ") + op.name, out.data(), count, type,
        [&](std::size_t i) { return right(me * count + i); }, slack);
    std::memset(out.data(), 0, out.size());
    rank.must(MUSTER_NCCL(rank.library, ncclReduce)(in.data(), out.data(), count, type, op.op, root,
                                                    rank.comm, rank.stream),
              "Reduce");
    rank.wait();
    wrong += compare(
        std::string("Reduce ") + op.name, out.data(), count, type,
        [&](std::size_t i) { return rank.rank() == root ? right(i) : 0; }, slack);
    // In place, the reduce-scatter first: it leaves the other blocks as they are.
    rank.must(MUSTER_NCCL(rank.library, ncclReduceScatter)(in.data(), in.data() + me * count * size, count,
                                                           type, op.op, rank.comm, rank.stream),
              "ReduceScatter in place");
    rank.wait();
    wrong += compare(
        std::string("ReduceScatter in place ") + op.name, in.data() + me * count * size, count, type,
        [&](std::size_t i) { return right(me * count + i); }, slack);
    in.fill(made(count, type, rank.rank(), op.values));
    rank.must(MUSTER_NCCL(rank.library, ncclAllReduce)(in.data(), in.data(), count, type, op.op, rank.comm,
                                                       rank.stream),
              "AllReduce in place");
    rank.wait();
    wrong += compare(std::string("AllReduce in place ") + op.name, in.data(), count, type, right, slack);
  }
  return wrong;
}

std::string movements(NcclRank& rank, ncclDataType_t type, std::size_t count) {
  auto const n = static_cast<std::size_t>(rank.ranks()), me = static_cast<std::size_t>(rank.rank());
  std::size_t const size = size_of(type);
  int const root = rank.ranks() > 1 ? 1 : 0;
  bool const is_root = rank.rank() == root;
  DeviceBytes in(count * n * size), out(count * n * size);
  in.fill(made(count * n, type, rank.rank()));
  auto const of = [&](std::size_t source, std::size_t i) { return value(static_cast<int>(source), i, type); };
  auto const clear = [&] { std::memset(out.data(), 0, out.size()); };
  std::string wrong;

  rank.must(
      MUSTER_NCCL(rank.library, ncclAllGather)(in.data(), out.data(), count, type, rank.comm, rank.stream),
      "AllGather");
  rank.wait();
  wrong += compare("AllGather", out.data(), count * n, type,
                   [&](std::size_t i) { return of(i / count, i % count); });
  clear();
  std::memcpy(out.data() + me * count * size, in.data(), count * size);
  rank.must(MUSTER_NCCL(rank.library, ncclAllGather)(out.data() + me * count * size, out.data(), count, type,
                                                     rank.comm, rank.stream),
            "AllGather in place");
  rank.wait();
  wrong += compare("AllGather in place", out.data(), count * n, type,
                   [&](std::size_t i) { return of(i / count, i % count); });
  clear();
  rank.must(MUSTER_NCCL(rank.library, ncclBroadcast)(is_root ? in.data() : nullptr, out.data(), count, type,
                                                     root, rank.comm, rank.stream),
            "Broadcast");
  rank.wait();
  wrong += compare("Broadcast", out.data(), count, type,
                   [&](std::size_t i) { return of(static_cast<std::size_t>(root), i); });
  rank.must(
      MUSTER_NCCL(rank.library, ncclAlltoAll)(in.data(), out.data(), count, type, rank.comm, rank.stream),
      "AlltoAll");
  rank.wait();
  wrong += compare("AlltoAll", out.data(), count * n, type,
                   [&](std::size_t i) { return of(i / count, me * count + i % count); });
  clear();
  rank.must(MUSTER_NCCL(rank.library, ncclGather)(in.data(), is_root ? out.data() : nullptr, count, type,
                                                  root, rank.comm, rank.stream),
            "Gather");
  rank.wait();
  wrong += compare("Gather", out.data(), count * n, type,
                   [&](std::size_t i) { return is_root ? of(i / count, i % count) : 0; });
  rank.must(MUSTER_NCCL(rank.library, ncclScatter)(is_root ? in.data() : nullptr, out.data(), count, type,
                                                   root, rank.comm, rank.stream),
            "Scatter");
  rank.wait();
  wrong += compare("Scatter", out.data(), count, type,
                   [&](std::size_t i) { return of(static_cast<std::size_t>(root), me * count + i); });
  return wrong;
}

TEST_F(NcclStandin, ReducesEveryTypeByEveryOperatorInAndOutOfPlace) {
  for (int const ranks : {2, 3, 4}) {
    EXPECT_THAT(with_ranks(ranks,
                           [](NcclRank& rank) {
                             std::string wrong;
                             for (auto const type : every_type) wrong += reductions(rank, type, 77);
                             rank.end();
                             return wrong;
                           }),
                Each("ok"))
        << ranks;
  }
}

TEST_F(NcclStandin, MovesEveryTypeInAndOutOfPlace) {
  for (int const ranks : {1, 2, 3, 4}) {
    EXPECT_THAT(with_ranks(ranks,
                           [](NcclRank& rank) {
                             std::string wrong;
                             for (auto const type : every_type) wrong += movements(rank, type, 77);
                             rank.end();
                             return wrong;
                           }),
                Each("ok"))
        << ranks;
  }
}

TEST_F(NcclStandin, EightRanks) {
  EXPECT_THAT(with_ranks(8,
                         [](NcclRank& rank) {
                           auto const wrong = reductions(rank, ncclFloat32, 77) +
                                              movements(rank, ncclInt64, 77) + exchange_all(rank, 9, 2);
                           rank.end();
                           return wrong;
                         }),
              Each("ok"));
}

TEST_F(NcclStandin, BuffersOfManyChunksAndBlockingCommunicators) {
  EXPECT_THAT(with_ranks(
                  3,
                  [](NcclRank& rank) {
                    auto const wrong =
                        reductions(rank, ncclFloat32, 300'001) + movements(rank, ncclFloat32, 300'001);
                    rank.end();
                    return wrong;
                  },
                  true),
              Each("ok"));
}

TEST_F(NcclStandin, IntegersWrapAroundAndTheirAveragesAreRoundedTowardsZero) {
  EXPECT_THAT(
      with_ranks(2,
                 [](NcclRank& rank) {
                   DeviceBytes in(2), out(2);
                   std::int8_t const values[] = {100, rank.rank() == 0 ? std::int8_t{-2} : std::int8_t{-1}};
                   in.fill(std::as_bytes(std::span(values)));
                   rank.must(MUSTER_NCCL(rank.library, ncclAllReduce)(in.data(), out.data(), 2, ncclInt8,
                                                                      ncclAvg, rank.comm, rank.stream),
                             "AllReduce");
                   rank.wait();
                   return std::to_string(get<std::int8_t>(out.data())) + " " +
                          std::to_string(get<std::int8_t>(out.data() + 1));
                 }),
      Each("-28 -1"));  // 100 + 100 is -56 in a byte
}

// The scalar of the real library's average of three float16 is 1/3 rounded to float16.
TEST_F(NcclStandin, AveragesOfFloatsArePremultipliedByTheRoundedReciprocal) {
  auto const third = to_fp16(1.0F / 3.0F);
  auto const one = to_fp16(3.0F * from_fp16(third));
  float const expected = from_fp16(to_fp16(from_fp16(to_fp16(2 * from_fp16(one))) + from_fp16(one)));
  EXPECT_THAT(with_ranks(3,
                         [expected](NcclRank& rank) {
                           DeviceBytes in(2), out(2);
                           put(in.data(), to_fp16(3.0F));
                           rank.must(
                               MUSTER_NCCL(rank.library, ncclAllReduce)(in.data(), out.data(), 1, ncclFloat16,
                                                                        ncclAvg, rank.comm, rank.stream),
                               "AllReduce");
                           rank.wait();
                           return get<std::uint16_t>(out.data()) == to_fp16(expected) ? "" : "other bits";
                         }),
              Each("ok"));
}

std::string premultiplied(NcclRank& rank, ncclDataType_t type, bool on_device) {
  DeviceBytes in(64 * size_of(type)), out(64 * size_of(type)), scalar(8);
  in.fill(made(64, type, rank.rank()));
  std::byte host[8];
  encode(host, 1 + rank.rank() % 2, type);
  scalar.fill(host);
  ncclRedOp_t op{};
  rank.must(MUSTER_NCCL(rank.library, ncclRedOpCreatePreMulSum)(
                &op, on_device ? scalar.data() : host, type,
                on_device ? ncclScalarDevice : ncclScalarHostImmediate, rank.comm),
            "RedOpCreatePreMulSum");
  std::memset(host, 0, sizeof host);  // an immediate scalar has been read by now
  auto const result =
      MUSTER_NCCL(rank.library, ncclAllReduce)(in.data(), out.data(), 64, type, op, rank.comm, rank.stream);
  rank.must(MUSTER_NCCL(rank.library, ncclRedOpDestroy)(op, rank.comm), "RedOpDestroy");
  rank.must(result, "AllReduce");
  rank.wait();
  return compare("premultiplied", out.data(), 64, type, [&](std::size_t i) {
    double sum = 0;
    for (int other = 0; other < rank.ranks(); ++other) sum += value(other, i, type) * (1 + other % 2);
    return sum;
  });
}

TEST_F(NcclStandin, OperatorsWithAScalarOfEachRank) {
  EXPECT_THAT(with_ranks(3,
                         [](NcclRank& rank) {
                           std::string wrong;
                           for (auto const type : every_type) {
                             wrong += premultiplied(rank, type, false) + premultiplied(rank, type, true);
                           }
                           return wrong;
                         }),
              Each("ok"));
}

TEST_F(NcclStandin, AnOperatorIsOfOneTypeAndEndsWithItsDestruction) {
  EXPECT_THAT(with_ranks(
                  1,
                  [](NcclRank& rank) {
                    DeviceBytes in(8), out(8);
                    float scalar = 2;
                    ncclRedOp_t op{};
                    rank.must(MUSTER_NCCL(rank.library, ncclRedOpCreatePreMulSum)(
                                  &op, &scalar, ncclFloat32, ncclScalarHostImmediate, rank.comm),
                              "RedOpCreatePreMulSum");
                    auto const reduce = [&](ncclDataType_t type) {
                      return static_cast<int>(MUSTER_NCCL(rank.library, ncclAllReduce)(
                          in.data(), out.data(), 1, type, op, rank.comm, rank.stream));
                    };
                    int const of_other_type = reduce(ncclFloat64);
                    rank.must(MUSTER_NCCL(rank.library, ncclRedOpDestroy)(op, rank.comm), "RedOpDestroy");
                    return std::to_string(of_other_type) + " " + std::to_string(reduce(ncclFloat32));
                  },
                  true),
              ElementsAre("4 4"));
}

TEST_F(NcclStandin, Fp8IsReducedFromComputeCapability9OnAndMovedBefore) {
  machine_.set("MUSTER_STANDIN_CAPABILITY", "8.0");
  EXPECT_THAT(with_ranks(2,
                         [](NcclRank& rank) {
                           DeviceBytes in(2), out(4);
                           in.fill(made(2, ncclFloat8e4m3, rank.rank()));
                           rank.must(MUSTER_NCCL(rank.library, ncclAllGather)(
                                         in.data(), out.data(), 2, ncclFloat8e4m3, rank.comm, rank.stream),
                                     "AllGather");
                           rank.wait();
                           auto const refused = MUSTER_NCCL(rank.library, ncclAllReduce)(
                               in.data(), out.data(), 2, ncclFloat8e4m3, ncclSum, rank.comm, rank.stream);
                           return std::to_string(static_cast<int>(refused)) + " " +
                                  MUSTER_NCCL(rank.library, ncclGetLastError)(nullptr);
                         }),
              Each("4 FP8 reduction support begins with sm90 capable devices."));
}

// -------------------------------------------------------------------------------------------

TEST_F(NcclStandin, GroupedSendsAndReceivesAmongAllWithSeveralOfEachPairInOrder) {
  for (int const ranks : {2, 3, 4}) {
    EXPECT_THAT(with_ranks(ranks,
                           [](NcclRank& rank) {
                             auto const wrong = exchange_all(rank, 5, 4) + exchange_all(rank, 100'000, 2);
                             rank.end();
                             return wrong;
                           }),
                Each("ok"))
        << ranks;
  }
}

TEST_F(NcclStandin, AChainOfSingleSendsAndReceives) {
  EXPECT_THAT(
      with_ranks(3,
                 [](NcclRank& rank) {
                   DeviceBytes data(400);
                   if (rank.rank() == 0) data.fill(made(100, ncclInt32, 7));
                   if (rank.rank() > 0) {
                     rank.must(MUSTER_NCCL(rank.library, ncclRecv)(data.data(), 100, ncclInt32,
                                                                   rank.rank() - 1, rank.comm, rank.stream),
                               "Recv");
                   }
                   if (rank.rank() < 2) {
                     rank.must(MUSTER_NCCL(rank.library, ncclSend)(data.data(), 100, ncclInt32,
                                                                   rank.rank() + 1, rank.comm, rank.stream),
                               "Send");
                   }
                   rank.wait();
                   return compare("chain", data.data(), 100, ncclInt32,
                                  [](std::size_t i) { return value(7, i, ncclInt32); });
                 }),
      Each("ok"));
}

// Ungrouped, both ranks wait for the other to receive: as on a GPU, whatever would fit into buffers.
TEST_F(NcclStandin, SendsThatNobodyReceivesNeverEnd) {
  EXPECT_THAT(with_ranks(2,
                         [](NcclRank& rank) {
                           DeviceBytes data(4);
                           rank.must(MUSTER_NCCL(rank.library, ncclSend)(
                                         data.data(), 1, ncclInt32, 1 - rank.rank(), rank.comm, rank.stream),
                                     "Send");
                           auto const outcome = rank.outcome(1);
                           return outcome == ncclInProgress ? std::string("under way") : "ended";
                         }),
              Each("under way"));
}

}  // namespace
}  // namespace muster::standin
