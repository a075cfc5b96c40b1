// Sizes, counts and bandwidths of collectives, against published tables of nccl-tests and by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "kernels/collective/collective_problem.hpp"
#include "kernels/collective/expected.hpp"
#include "kernels/contract/error.hpp"
#include "tests/kernels/support.hpp"

namespace muster {
namespace {

/// A line of nccl-tests' output, out of place.
struct PublishedLine {
  Operation operation;
  int ranks;
  std::uint64_t size, count;
  double microseconds, digit;  ///< of the time that was printed, and its last digit's worth
  double algorithm, bus;       ///< GB/s, two digits after the point
};

// 8 A100-SXM4-40GB, float: microsoft/superbenchmark, tests/data/nccl_*.log. send_recv: NVIDIA/nccl-tests,
// issue 104, uint8 there. Nobody has published gather, scatter or alltoallv.
constexpr PublishedLine published[] = {
    {Operation::all_reduce, 8, 1048576, 262144, 74.78, 0.01, 14.02, 24.54},
    {Operation::all_reduce, 8, 67108864, 16777216, 584.5, 0.1, 114.81, 200.91},
    {Operation::all_reduce, 8, 8589934592, 2147483648, 63896, 1, 134.44, 235.26},
    {Operation::all_gather, 8, 1048576, 32768, 72.95, 0.01, 14.37, 12.58},
    {Operation::all_gather, 8, 8589934592, 268435456, 33646, 1, 255.31, 223.39},
    {Operation::reduce_scatter, 8, 1048576, 32768, 72.37, 0.01, 14.49, 12.68},
    {Operation::reduce_scatter, 8, 8589934592, 268435456, 32464, 1, 264.60, 231.52},
    {Operation::all_to_all, 8, 1048576, 32768, 87.42, 0.01, 11.99, 10.50},
    {Operation::all_to_all, 8, 8589934592, 268435456, 33508, 1, 256.36, 224.31},
    {Operation::broadcast, 8, 1048576, 262144, 76.02, 0.01, 13.79, 13.79},
    {Operation::broadcast, 8, 8589934592, 2147483648, 36896, 1, 232.81, 232.81},
    {Operation::reduce, 8, 1048576, 262144, 76.74, 0.01, 13.66, 13.66},
    {Operation::reduce, 8, 8589934592, 2147483648, 37613, 1, 228.38, 228.38},
    {Operation::send_recv, 2, 37748736, 9437184, 6485.7, 0.1, 5.82, 5.82},
};

CollectiveProblem problem_of(Operation operation, int ranks, std::uint64_t bytes,
                             ElementType type = ElementType::float32) {
  return {.operation = operation, .type = type, .bytes = bytes, .ranks = ranks};
}

/// Is `printed` the figure that the printed time, which was rounded, may stand for?
void expect_printed(double printed, std::uint64_t bytes, PublishedLine const& line) {
  auto const hundredths = [&](double microseconds) {
    return std::lround(100 * static_cast<double>(bytes) / microseconds * 1e-3);
  };
  EXPECT_GE(std::lround(100 * printed), hundredths(line.microseconds + line.digit / 2))
      << name(line.operation);
  EXPECT_LE(std::lround(100 * printed), hundredths(line.microseconds - line.digit / 2))
      << name(line.operation);
}

TEST(CollectiveFormulas, GiveThePublishedTablesToThePrintedDigit) {
  for (auto const& line : published) {
    auto const problem = problem_of(line.operation, line.ranks, line.size);
    EXPECT_EQ(problem.size(), line.size) << name(line.operation);
    EXPECT_EQ(problem.count(), line.count) << name(line.operation);
    auto const work = problem.work();
    expect_printed(line.algorithm, work.bytes, line);
    expect_printed(line.bus, work.wire_bytes, line);
  }
}

// doc/PERFORMANCE.md of nccl-tests, and its source for those that are not there.
TEST(CollectiveFormulas, BusFactorsOfEveryOperation) {
  struct Row {
    Operation operation;
    double of_two, of_eight;
  };
  for (auto const& [operation, of_two, of_eight] : {Row{Operation::all_reduce, 1, 1.75},
                                                    {Operation::all_gather, 0.5, 0.875},
                                                    {Operation::reduce_scatter, 0.5, 0.875},
                                                    {Operation::all_to_all, 0.5, 0.875},
                                                    {Operation::all_to_all_v, 0.5, 0.875},
                                                    {Operation::gather, 0.5, 0.875},
                                                    {Operation::scatter, 0.5, 0.875},
                                                    {Operation::broadcast, 1, 1},
                                                    {Operation::reduce, 1, 1},
                                                    {Operation::send_recv, 1, 1},
                                                    {Operation::pairwise, 1, 1}}) {
    EXPECT_DOUBLE_EQ(bus_factor(operation, 2), of_two) << name(operation);
    EXPECT_DOUBLE_EQ(bus_factor(operation, 8), of_eight) << name(operation);
  }
}

// 1004 bytes on 3 ranks: 4/3 of them, rounded down; 2^40 on 1000 does not overflow.
TEST(CollectiveFormulas, WireBytesAreRoundedDownAndDoNotOverflow) {
  EXPECT_EQ(problem_of(Operation::all_reduce, 3, 1004).work().wire_bytes, 1338U);
  EXPECT_EQ(problem_of(Operation::all_reduce, 1000, 1ULL << 40, ElementType::float64).work().wire_bytes,
            2196824232296ULL);
  EXPECT_EQ(problem_of(Operation::all_reduce, 8, 1 << 20).work().wire_bytes, 1835008U);
}

TEST(CollectiveFormulas, PartsAreWhole16BytesAndTheRestIsSaid) {
  auto const gather = problem_of(Operation::all_gather, 3, 100, ElementType::float16);
  EXPECT_EQ(gather.count(), 16U);  // 50 elements, 16 each, in steps of 8
  EXPECT_EQ(gather.size(), 96U);
  EXPECT_EQ(gather.rounding_note(),
            "bytes = 100 became 96 (3 ranks, each with whole 16 bytes), as in nccl-tests");
  auto const reduce = problem_of(Operation::all_reduce, 3, 101, ElementType::float64);
  EXPECT_EQ(reduce.count(), 12U);
  EXPECT_EQ(reduce.rounding_note(), "bytes = 101 became 96 (whole elements of float64), as in nccl-tests");
  EXPECT_EQ(problem_of(Operation::all_to_all, 4, 64).rounding_note(), "");
}

TEST(CollectiveFormulas, NothingToSendIsSkippedWithReasonAndRemedy) {
  auto const nothing = problem_of(Operation::all_gather, 4, 63);
  EXPECT_EQ(nothing.count(), 0U);
  try {
    require_work(nothing);
    FAIL();
  } catch (Unsupported const& error) {
    EXPECT_NE(std::string(error.what()).find("counted in no figure; use bytes >= 64"), std::string::npos)
        << error.what();
  }
  EXPECT_NO_THROW(require_work(problem_of(Operation::all_gather, 4, 64)));
  auto far = problem_of(Operation::broadcast, 4, 64);
  far.root = 4;
  EXPECT_THROW(require_work(far), Unsupported);
  EXPECT_THROW(require_work(problem_of(Operation::all_reduce, 1, 64)), Unsupported);
}

TEST(CollectiveFormulas, AnUnevenExchangeIsTheSameSeenFromBothEnds) {
  auto problem = problem_of(Operation::all_to_all_v, 5, 5 * 4096);
  problem.spread = 0.5;
  std::size_t most = 0, all = 0;
  for (int rank = 0; rank < 5; ++rank) {
    problem.rank = rank;
    auto const sent = problem.sent(), received = problem.received();
    for (int other = 0; other < 5; ++other) {
      auto const i = static_cast<std::size_t>(other);
      EXPECT_EQ(sent.counts[i], problem.exchanged(rank, other));
      EXPECT_EQ(received.counts[i], problem.exchanged(other, rank));
      EXPECT_NEAR(static_cast<double>(sent.counts[i]), 1024, 513);
      EXPECT_EQ(sent.offsets[i] + sent.counts[i], i + 1 < 5 ? sent.offsets[i + 1] : sent.total);
    }
    most = std::max({most, sent.total, received.total});
    all += sent.total;
  }
  EXPECT_EQ(problem.size(), most * 4);
  EXPECT_GT(most * 5, all);  // it is uneven
  problem.spread = 0;
  EXPECT_EQ(problem.size(), 5U * 4096);
}

TEST(CollectiveFormulas, PartnersAreHalfTheGroupAway) {
  auto problem = problem_of(Operation::pairwise, 5, 64);
  std::vector<int> partners;
  for (problem.rank = 0; problem.rank < 5; ++problem.rank) partners.push_back(problem.partner());
  EXPECT_EQ(partners, (std::vector<int>{2, 3, 0, 1, -1}));
}

Topology topology(int ranks, int per_node, double link = 300e9, double network = 0, int ports = 0,
                  bool rdma = true) {
  Topology all{.ranks = ranks, .nodes = ranks / per_node, .ranks_per_node = per_node};
  if (link > 0) all.link = Bound{"nvlink_per_direction", link, "B/s"};
  all.network = {network, ports, rdma, ""};
  return all;
}

TEST(CollectiveExpectation, OneNodeOfA100IsExpectedToReachWhatHealthyOnesDo) {
  auto const expected = expected_bus_bandwidth(Operation::all_reduce, topology(8, 8));
  ASSERT_TRUE(expected);
  EXPECT_EQ(expected->name, "expected_nvlink");
  EXPECT_NEAR(expected->value, 235e9, 1);
}

// min(235, NICs x 24 per 200 Gb/s): NVIDIA's rule of thumb for DGX A100.
TEST(CollectiveExpectation, BetweenNodesTheSlowerOfLinksAndPortsLimits) {
  auto const eight = expected_bus_bandwidth(Operation::all_reduce, topology(32, 8, 300e9, 8 * 25e9, 8));
  ASSERT_TRUE(eight);
  EXPECT_EQ(eight->name, "expected_network");
  EXPECT_NEAR(eight->value, 192e9, 1);
  auto const sixteen = expected_bus_bandwidth(Operation::all_reduce, topology(32, 8, 300e9, 16 * 25e9, 16));
  EXPECT_EQ(sixteen->name, "expected_nvlink");
  auto const tcp = expected_bus_bandwidth(Operation::all_reduce, topology(2, 1, 0, 12.5e9, 1, false));
  EXPECT_NEAR(tcp->value, 10e9, 1);
}

// 4 nodes of 8, 8 ports of 25 GB/s. All to all: 8 ranks x 24/32 of S leave over 192 GB/s; bus counts 31/32 S.
TEST(CollectiveExpectation, WhatLeavesTheNodeCountsPerOperation) {
  auto const wide = topology(32, 8, 300e9, 8 * 25e9, 8);
  EXPECT_NEAR(expected_bus_bandwidth(Operation::all_to_all, wide)->value, 192e9 * 31 / (8 * 24), 1e3);
  EXPECT_NEAR(expected_bus_bandwidth(Operation::pairwise, wide)->value, 24e9, 1e3);
  EXPECT_NEAR(expected_bus_bandwidth(Operation::send_recv, wide)->value, 24e9, 1e3);
  EXPECT_NEAR(expected_bus_bandwidth(Operation::gather, wide)->value, 24e9 * 31 / 24, 1e3);
  EXPECT_FALSE(expected_bus_bandwidth(Operation::all_reduce, topology(32, 8)));    // ports unknown
  EXPECT_FALSE(expected_bus_bandwidth(Operation::all_reduce, topology(8, 8, 0)));  // links unknown
}

TEST(CollectiveExpectation, TheHostIsHeldAgainstACopyOrItsPorts) {
  Bound const copy{"measured_copy_bandwidth", 8e9, "B/s"};
  EXPECT_EQ(expected_host_bandwidth(Operation::all_reduce, topology(2, 2, 0), copy)->name, copy.name);
  auto const between =
      expected_host_bandwidth(Operation::all_reduce, topology(4, 2, 0, 1.25e9, 1, false), copy);
  EXPECT_EQ(between->name, "expected_network");
  EXPECT_NEAR(between->value, 1e9, 1);
}

TEST(CollectiveExpectation, WireBytesFollowTheAlgorithm) {
  EXPECT_DOUBLE_EQ(*wire_bytes(Operation::all_reduce, "RING", 1000, 16, 2), 1875);
  EXPECT_DOUBLE_EQ(*wire_bytes(Operation::all_reduce, "TREE", 1000, 16, 2), 1000);
  EXPECT_DOUBLE_EQ(*wire_bytes(Operation::all_reduce, "TREE", 1000, 64, 8), 2000);
  EXPECT_DOUBLE_EQ(*wire_bytes(Operation::all_reduce, "NVLS", 1000, 8, 1), 1000);
  EXPECT_DOUBLE_EQ(*wire_bytes(Operation::all_reduce, "COLLNET_DIRECT", 1000, 64, 8), 1000);
  EXPECT_FALSE(wire_bytes(Operation::all_reduce, "PAT", 1000, 64, 8));
  EXPECT_FALSE(wire_bytes(Operation::reduce, "TREE", 1000, 64, 8));
}

TEST(CollectiveWorkloads, AreDeclaredOnceEachAndNamedAsBefore) {
  for (int i = 0; i < 11; ++i) {
    auto const workload = "collective/" + std::string(name(static_cast<Operation>(i)));
    auto const* const found = Registry::instance().find(workload);
    ASSERT_NE(found, nullptr) << workload;
    EXPECT_EQ(found->needs.min_ranks, 2);
    EXPECT_EQ(operation_named(name(static_cast<Operation>(i))), static_cast<Operation>(i));
  }
  auto const& all_reduce = *Registry::instance().find("collective/all_reduce");
  auto const named = [&](std::vector<std::pair<std::string, Value>> const& values) {
    return case_name(all_reduce.name, all_reduce.params, test::params_of(all_reduce.name, values));
  };
  EXPECT_EQ(named({{"bytes", std::int64_t{1} << 20}}), "collective/all_reduce/float32/bytes:1048576");
  EXPECT_EQ(named({{"type", "bfloat16"},
                   {"reduction", "max"},
                   {"placement", "in_place"},
                   {"timing", "isolated"},
                   {"group", "rail"},
                   {"bytes", std::int64_t{8}}}),
            "collective/all_reduce/bfloat16/max/in_place/isolated/rail/bytes:8");
  EXPECT_EQ(
      all_reduce.check(test::params_of(all_reduce.name, {{"type", "float64"}, {"bytes", std::int64_t{7}}}))
          .size(),
      1U);
  EXPECT_TRUE(
      all_reduce.check(test::params_of(all_reduce.name, {{"type", "float64"}, {"bytes", std::int64_t{8}}}))
          .empty());
}

}  // namespace
}  // namespace muster
