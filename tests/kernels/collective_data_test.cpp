// The claim that all checks of collectives rest on: results are exact in every type, in any order of the
// ranks, and any fault shows.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "kernels/collective/collective_buffers.hpp"
#include "kernels/collective/collective_check.hpp"
#include "tests/kernels/support.hpp"

namespace muster {
namespace {

constexpr int type_count = 12, reduction_count = 6;

std::string label(CollectiveProblem const& problem) {
  return std::string(name(problem.operation)) + " " + std::string(name(problem.type)) + " " +
         std::string(name(problem.reduction)) + " ranks " + std::to_string(problem.ranks);
}

CollectiveProblem all_reduce(ElementType type, Reduction reduction, int ranks, std::size_t count) {
  return {.operation = Operation::all_reduce,
          .type = type,
          .reduction = reduction,
          .bytes = count * element_bytes(type),
          .seed = 5,
          .ranks = ranks};
}

/// Every rank's source, as the code under test fills it.
std::vector<test::PostedCall> sources_of(CollectiveProblem problem) {
  test::ThisThread team;
  std::vector<test::PostedCall> posted;
  for (problem.rank = 0; problem.rank < problem.ranks; ++problem.rank) {
    std::vector<std::byte> source(problem.send_elements() * element_bytes(problem.type));
    fill_source(problem, source.data(), team);
    auto const sent = problem.sent();
    posted.push_back(
        {collective_call(problem, nullptr, nullptr, {}, {}), std::move(source), sent.counts, sent.offsets});
  }
  return posted;
}

std::vector<test::PostedCall const*> pointers(std::vector<test::PostedCall> const& all) {
  std::vector<test::PostedCall const*> list;
  for (auto const& one : all) list.push_back(&one);
  return list;
}

std::vector<int> ascending(int ranks) {
  std::vector<int> order(static_cast<std::size_t>(ranks));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

Verdict check(CollectiveProblem const& problem, std::vector<std::byte> const& result) {
  test::ThisThread team;
  return judge_result(problem, segments_of(problem), check_result(problem, result.data(), team));
}

template <class Action>
void for_types_and_reductions(Action const& action) {
  for (int type = 0; type < type_count; ++type) {
    for (int reduction = 0; reduction < reduction_count; ++reduction)
      action(static_cast<ElementType>(type), static_cast<Reduction>(reduction));
  }
}

TEST(CollectiveData, ReductionsAreExactInEveryTypeInAnyOrder) {
  for_types_and_reductions([](ElementType type, Reduction reduction) {
    for (int const ranks : {2, 3, 8, 17, 130}) {
      auto const problem = all_reduce(type, reduction, ranks, ranks > 100 ? 30 : 200);
      auto const sources = sources_of(problem);
      auto order = ascending(ranks);
      for (int turn = 0; turn < 3; ++turn) {
        auto const verdict = check(problem, test::collective_result(pointers(sources), 0, order));
        EXPECT_TRUE(verdict.ok()) << label(problem) << ": " << verdict.detail;
        if (turn == 0) std::ranges::reverse(order);
        if (turn == 1) std::rotate(order.begin(), order.begin() + ranks / 2, order.end());
      }
    }
  });
}

// All positive inputs first: the largest partial sums there can be. 5,760 ranks form blocks.
TEST(CollectiveData, PartialSumsStayWithinWhatTheTypeHolds) {
  for (auto const type : {ElementType::float16, ElementType::bfloat16, ElementType::float8_e4m3,
                          ElementType::float8_e5m2, ElementType::float32}) {
    for (auto const reduction : {Reduction::sum, Reduction::premul_sum, Reduction::prod}) {
      for (int const ranks : {16, 300, 5760}) {
        auto const problem = all_reduce(type, reduction, ranks, ranks > 1000 ? 4 : 40);
        auto const sources = sources_of(problem);
        auto order = ascending(ranks);
        std::ranges::stable_sort(order, std::greater<>{}, [&](int rank) {
          return test::value_at(type, sources[static_cast<std::size_t>(rank)].source.data());
        });
        EXPECT_TRUE(check(problem, test::collective_result(pointers(sources), 0, order)).ok())
            << label(problem);
      }
    }
  }
}

TEST(CollectiveData, AMissingOrDoubledRankFailsInEveryTypeAndReduction) {
  for_types_and_reductions([](ElementType type, Reduction reduction) {
    for (int const ranks : {2, 5, 40}) {
      auto const problem = all_reduce(type, reduction, ranks, 600);
      auto const sources = sources_of(problem);
      for (int rank = 0; rank < ranks; rank += 1 + ranks / 3) {
        auto order = ascending(ranks);
        order.erase(order.begin() + rank);
        EXPECT_FALSE(check(problem, test::collective_result(pointers(sources), 0, order)).ok())
            << label(problem) << " without " << rank;
        if (reduction == Reduction::min || reduction == Reduction::max) continue;  // twice is as good as once
        order.insert(order.end(), {rank, rank});
        EXPECT_FALSE(check(problem, test::collective_result(pointers(sources), 0, order)).ok())
            << label(problem) << " twice " << rank;
      }
    }
  });
}

TEST(CollectiveData, AMissingRankIsNamedInSums) {
  for (auto const type :
       {ElementType::float32, ElementType::bfloat16, ElementType::int32, ElementType::uint64}) {
    auto const problem = all_reduce(type, Reduction::sum, 4, 100);
    auto const sources = sources_of(problem);
    auto const verdict = check(problem, test::collective_result(pointers(sources), 0, {0, 1, 3}));
    ASSERT_FALSE(verdict.ok());
    // The first wrong element may fit several ranks; most do not.
    int named = 0;
    for (std::uint64_t i = 0; i < 100; ++i) {
      auto const got = test::reduced(pointers(sources), {0, 1, 3}, i) & mask_of(type);
      int const missing = missing_rank(problem.data(), i, got);
      EXPECT_TRUE(missing == 2 || missing == -1) << missing;
      named += missing == 2;
    }
    EXPECT_GT(named, 60);
  }
}

TEST(CollectiveCheck, AnyFlippedBitFailsAndIsNamed) {
  for_types_and_reductions([](ElementType type, Reduction reduction) {
    auto const problem = all_reduce(type, reduction, 4, 61);
    auto const sources = sources_of(problem);
    auto const right = test::collective_result(pointers(sources), 0, ascending(4));
    for (std::size_t byte = 0; byte < right.size(); ++byte) {
      std::size_t const element = byte / element_bytes(type);
      bool const zero = load_bits(type, right.data(), element) == 0;
      if (zero && is_float(type)) continue;  // a zero's sign is free
      auto wrong = right;
      wrong[byte] ^= std::byte{1} << (byte % 8);
      Verdict const verdict = check(problem, wrong);
      ASSERT_FALSE(verdict.ok()) << label(problem) << " byte " << byte;
      EXPECT_EQ(verdict.error, 1);
      EXPECT_NE(verdict.detail.find("rank 0: 1 of 61 elements are wrong, the first is element " +
                                    std::to_string(element)),
                std::string::npos)
          << verdict.detail;
    }
  });
}

TEST(CollectiveCheck, MovedDataNameTheRankTheyCameFrom) {
  CollectiveProblem problem{
      .operation = Operation::all_to_all, .bytes = 4 * 256, .seed = 5, .rank = 1, .ranks = 4};
  auto const sources = sources_of(problem);
  auto result = test::collective_result(pointers(sources), 1, ascending(4));
  ASSERT_TRUE(check(problem, result).ok());
  result[2 * 256 + 9] ^= std::byte{4};
  result[3 * 256] ^= std::byte{4};
  auto const verdict = check(problem, result);
  EXPECT_EQ(verdict.error, 2);
  EXPECT_TRUE(
      verdict.detail.starts_with("rank 1: 2 of 256 elements are wrong, the first is element 130, that came "
                                 "from rank 2: got "))
      << verdict.detail;
  EXPECT_NE(verdict.detail.find("wrong are also those of rank 3"), std::string::npos) << verdict.detail;
}

TEST(CollectiveCheck, ElementsInTheWrongPlaceFail) {
  for (auto const operation : {Operation::all_reduce, Operation::all_gather, Operation::broadcast}) {
    CollectiveProblem const problem{.operation = operation, .bytes = 1600, .seed = 5, .ranks = 4};
    auto const sources = sources_of(problem);
    auto wrong = test::collective_result(pointers(sources), 0, ascending(4));
    std::rotate(wrong.begin(), wrong.begin() + 40, wrong.end());  // by ten elements, as a wrong order of chunks would
    EXPECT_GT(check(problem, wrong).error, 300) << name(operation);
  }
}

// NCCL multiplies by the rounded reciprocal, others divide: both are right, and three units in the last place
// are not.
TEST(CollectiveCheck, AveragesMayBeFormedEitherWay) {
  auto const problem = all_reduce(ElementType::float32, Reduction::avg, 3, 300);
  std::vector<float> by_division(300), by_reciprocal(300), off(300);
  for (std::uint64_t i = 0; i < 300; ++i) {
    auto const sum = static_cast<float>(float_value(ElementType::float32, reduced_result(problem.data(), i)));
    by_division[i] = sum / 3;
    by_reciprocal[i] = sum * (1.0F / 3);
    off[i] = by_division[i];
    for (int step = 0; step < 8; ++step) off[i] = std::nextafter(off[i], 100.0F);
  }
  test::ThisThread team;
  auto const wrong = [&](std::vector<float> const& values) {
    return check_result(problem, values.data(), team).front().wrong;
  };
  EXPECT_EQ(wrong(by_division), 0U);
  EXPECT_EQ(wrong(by_reciprocal), 0U);
  EXPECT_EQ(wrong(off), 300U);
}

TEST(CollectiveCheck, ValuesAreShownAsPeopleReadThem) {
  EXPECT_EQ(element_text(ElementType::float16, 0xC060), "-2.1875 (0xc060)");
  EXPECT_EQ(element_text(ElementType::int8, 0xFF), "-1");
  EXPECT_EQ(element_text(ElementType::uint8, 0xFF), "255");
  EXPECT_EQ(element_text(ElementType::bfloat16, 0xFFFF), "not a finite number (0xffff)");
  EXPECT_EQ(element_text(ElementType::float8_e4m3, 0x7E), "448 (0x7e)");
}

}  // namespace
}  // namespace muster
