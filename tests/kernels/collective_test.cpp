// The all-reduce workload: input, check, and the host's case on groups of threads.
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <mutex>
#include <vector>

#include "kernels/collective/all_reduce_check.hpp"
#include "kernels/contract/float16.hpp"
#include "tests/kernels/support.hpp"

namespace muster {
namespace {

constexpr ReduceType all_types[] = {ReduceType::float32, ReduceType::float64, ReduceType::float16,
                                    ReduceType::bfloat16};

Params case_of(std::string type, std::int64_t bytes) {
  return test::params_of("collective/all_reduce", {{"type", std::move(type)}, {"bytes", bytes}});
}

// The sum over ranks in `order`, rounded to the type after every addition, as the type's encoding.
std::vector<std::byte> summed(ReduceType type, std::uint64_t count, int ranks,
                              std::vector<int> const& order) {
  AllReduceProblem problem{type, count * element_bytes(type), 5, 0, ranks};
  std::vector<std::byte> output(problem.bytes);
  for (std::uint64_t i = 0; i < count; ++i) {
    double sum = 0;
    for (int const rank : order) {
      sum += all_reduce_input(type, 5, ranks, rank, i);
      auto const single = static_cast<float>(sum);
      if (type == ReduceType::float32) sum = static_cast<double>(single);
      if (type == ReduceType::float16) sum = static_cast<double>(from_fp16(to_fp16(single)));
      if (type == ReduceType::bfloat16) sum = static_cast<double>(from_bf16(to_bf16(single)));
    }
    auto const put = [&](auto value) { std::memcpy(output.data() + i * sizeof value, &value, sizeof value); };
    switch (type) {
      case ReduceType::float32:
        put(static_cast<float>(sum));
        break;
      case ReduceType::float64:
        put(sum);
        break;
      case ReduceType::float16:
        put(to_fp16(static_cast<float>(sum)));
        break;
      case ReduceType::bfloat16:
        put(to_bf16(static_cast<float>(sum)));
        break;
    }
  }
  return output;
}

std::vector<int> ascending(int ranks) {
  std::vector<int> order;
  for (int rank = 0; rank < ranks; ++rank) order.push_back(rank);
  return order;
}

Verdict check(ReduceType type, std::uint64_t count, int ranks, std::vector<std::byte> const& output) {
  test::ThisThread team;
  return check_all_reduce({type, count * element_bytes(type), 5, 0, ranks}, output.data(), team);
}

// The literals come from a second implementation of the documented recipe (Python's integers).
TEST(AllReduceData, InputsAreTheDocumentedOnesForASeed) {
  EXPECT_EQ(all_reduce_input(ReduceType::float32, 1, 2, 0, 0), 5);
  EXPECT_EQ(all_reduce_input(ReduceType::float32, 1, 2, 1, 0), -15);
  EXPECT_EQ(all_reduce_input(ReduceType::float32, 1, 2, 0, 1), -7);
  EXPECT_EQ(all_reduce_input(ReduceType::float32, 1, 2, 1, 1), -11);
  EXPECT_EQ(all_reduce_expected(ReduceType::float32, 1, 2, 1), -18);
}

TEST(AllReduceData, InputsAreOddAndSmallAndNeverConstant) {
  std::vector<int> seen(31);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    int const value = all_reduce_input(ReduceType::float32, 3, 4, 2, i);
    ASSERT_LE(std::abs(value), 15);
    ASSERT_EQ(std::abs(value) % 2, 1);
    ++seen[static_cast<std::size_t>(value + 15)];
  }
  for (std::size_t i = 0; i < seen.size(); i += 2) EXPECT_GT(seen[i], 20) << static_cast<int>(i) - 15;
}

// The claim that the whole check rests on, also where ranks are so many that they form blocks.
TEST(AllReduceData, SumsAreExactInEveryTypeInAnyOrder) {
  for (auto const type : all_types) {
    for (int const ranks : {2, 3, 16, 17, 128, 129, 300, 5760}) {
      std::uint64_t const count = ranks > 1000 ? 40 : 400;
      auto order = ascending(ranks);
      EXPECT_TRUE(check(type, count, ranks, summed(type, count, ranks, order)).ok())
          << name(type) << " " << ranks;
      std::reverse(order.begin(), order.end());
      EXPECT_TRUE(check(type, count, ranks, summed(type, count, ranks, order)).ok())
          << name(type) << " " << ranks;
      // All positive inputs first: the largest partial sums there can be.
      std::stable_partition(order.begin(), order.end(),
                            [&](int rank) { return all_reduce_input(type, 5, ranks, rank, 0) > 0; });
      EXPECT_TRUE(check(type, count, ranks, summed(type, count, ranks, order)).ok())
          << name(type) << " " << ranks;
    }
  }
}

TEST(AllReduceData, PartialSumsStayWithinWhatTheTypeHoldsExactly) {
  EXPECT_LE(15 * all_reduce_block(ReduceType::bfloat16), 1 << 8);
  EXPECT_LE(15 * all_reduce_block(ReduceType::float16), 1 << 11);
  EXPECT_LE(15LL * all_reduce_block(ReduceType::float32), 1 << 24);
  EXPECT_LE(15LL * all_reduce_block(ReduceType::float64), 1LL << 53);
}

TEST(AllReduceCheck, MissingAndDoubledContributionsFail) {
  for (auto const type : all_types) {
    for (int const ranks : {2, 4, 40, 300}) {
      for (int rank = 0; rank < ranks; rank += 1 + ranks / 7) {
        auto order = ascending(ranks);
        order.erase(order.begin() + rank);
        EXPECT_FALSE(check(type, 400, ranks, summed(type, 400, ranks, order)).ok())
            << name(type) << " " << rank;
        order = ascending(ranks);
        order.push_back(rank);
        EXPECT_FALSE(check(type, 400, ranks, summed(type, 400, ranks, order)).ok())
            << name(type) << " " << rank;
      }
    }
  }
}

TEST(AllReduceCheck, AnyFlippedBitFailsAndIsNamed) {
  for (auto const type : all_types) {
    auto const right = summed(type, 101, 4, ascending(4));
    for (std::size_t byte = 0; byte < right.size(); ++byte) {
      std::uint64_t const element = byte / element_bytes(type);
      if (all_reduce_expected(type, 5, 4, element) == 0) continue;  // a zero's sign is free
      auto wrong = right;
      wrong[byte] ^= std::byte{1} << (byte % 8);
      Verdict const verdict = check(type, 101, 4, wrong);
      ASSERT_FALSE(verdict.ok()) << name(type) << " byte " << byte;
      EXPECT_EQ(verdict.error, 1);
      EXPECT_NE(verdict.detail.find("the first is " + std::to_string(element) + ": got "), std::string::npos)
          << verdict.detail;
    }
  }
}

TEST(AllReduceCheck, ElementsInTheWrongPlaceFail) {
  auto wrong = summed(ReduceType::float32, 100, 4, ascending(4));
  std::rotate(wrong.begin(), wrong.begin() + 40,
              wrong.end());  // by ten elements, as a wrong chunk order would
  EXPECT_GT(check(ReduceType::float32, 100, 4, wrong).error, 80);
}

// 1001 bytes on 3 ranks: 2 * 2 / 3 of them, rounded down; 2^40 on 1000 does not overflow.
TEST(AllReduceWork, WireBytesAreTwoTimesAllButOnesOwnPart) {
  AllReduceProblem const two{ReduceType::float32, 1 << 20, 0, 0, 2};
  EXPECT_EQ(two.work().wire_bytes, 1U << 20);
  EXPECT_EQ(two.work().bytes, 1U << 20);
  AllReduceProblem const eight{ReduceType::float32, 1 << 20, 0, 0, 8};
  EXPECT_EQ(eight.work().wire_bytes, 1835008U);
  AllReduceProblem const odd{ReduceType::float32, 1004, 0, 0, 3};
  EXPECT_EQ(odd.work().wire_bytes, 1338U);
  AllReduceProblem const large{ReduceType::float64, 1ULL << 40, 0, 0, 1000};
  EXPECT_EQ(large.work().wire_bytes, 2196824232296ULL);
  ASSERT_EQ(eight.figures().size(), 1U);
  EXPECT_EQ(eight.figures()[0].name, "bus_bandwidth_factor");
  EXPECT_DOUBLE_EQ(eight.figures()[0].value, 1.75);
}

class AllReduceHost : public testing::TestWithParam<int> {
 protected:
  // Runs a case on every rank: how many ranks' answers passed before and after three launches.
  int passes(test::ThreadGroup& ranks, Params const& params) {
    std::atomic<int> passed = 0;
    ranks.run([&](Group& group) {
      HostDevice device({});
      Context context{.device = device, .group = group, .seed = 5};
      auto const instance = test::make_case("collective/all_reduce", params, context);
      passed += instance->verify().ok();
      for (int i = 0; i < 3; ++i) instance->launch();
      Verdict const verdict = instance->verify();
      passed += verdict.ok();
      if (!verdict.ok()) {
        std::lock_guard const lock(mutex_);
        details_.push_back(verdict.detail);
      }
    });
    return passed;
  }

  std::mutex mutex_;
  std::vector<std::string> details_;
};

TEST_P(AllReduceHost, VerifiesOnEveryRank) {
  for (auto const& [type, bytes] :
       {std::pair{"float32", 8}, {"float32", 4004}, {"float64", 8}, {"float64", 80'008}}) {
    test::ThreadGroup ranks(GetParam());
    EXPECT_EQ(passes(ranks, case_of(type, bytes)), 2 * GetParam()) << type << " " << bytes;
  }
}

TEST_P(AllReduceHost, OneWrongElementOnOneRankFailsThereAndNamesIt) {
  test::ThreadGroup ranks(GetParam());
  ranks.plant([](int rank, void* output, std::size_t count) {
    if (rank == 1) static_cast<float*>(output)[count - 3] += 1;
  });
  EXPECT_EQ(passes(ranks, case_of("float32", 4004)), 2 * GetParam() - 2);
  ASSERT_EQ(details_.size(), 1U);
  EXPECT_TRUE(details_[0].starts_with("rank 1: 1 of 1001 elements are wrong, the first is 998: got "))
      << details_[0];
}

TEST_P(AllReduceHost, RankLeftOutOfTheSumFailsEverywhere) {
  test::ThreadGroup ranks(GetParam());
  ranks.leave_out(GetParam() - 1);
  EXPECT_EQ(passes(ranks, case_of("float64", 8)), 0);
}

// A library that returns before, or without, writing: the first call's right answer must not stand for later
// ones.
TEST_P(AllReduceHost, OutputThatIsNoLongerWrittenFails) {
  test::ThreadGroup ranks(GetParam());
  std::vector<int> calls(static_cast<std::size_t>(GetParam()));
  ranks.plant([&](int rank, void* output, std::size_t count) {
    if (++calls[static_cast<std::size_t>(rank)] > 1) std::memset(output, 0xFF, count * 4);
  });
  EXPECT_EQ(passes(ranks, case_of("float32", 4004)), GetParam());
}

TEST_P(AllReduceHost, BoundIsMeasuredAndLeavesTheCaseFitToVerify) {
  test::ThreadGroup ranks(GetParam());
  ranks.run([&](Group& group) {
    HostDevice device({});
    Context context{.device = device, .group = group, .seed = 5};
    auto const instance = test::make_case("collective/all_reduce", case_of("float32", 4004), context);
    auto const bound = instance->bound();
    ASSERT_TRUE(bound);
    EXPECT_EQ(bound->name, "measured_copy_bandwidth");
    EXPECT_GT(bound->value, 1e6);
    EXPECT_TRUE(instance->verify().ok());
  });
}

TEST_P(AllReduceHost, SixteenBitTypesAreUnsupportedWithReasonAndRemedy) {
  test::ThreadGroup ranks(GetParam());
  EXPECT_THROW(passes(ranks, case_of("bfloat16", 64)), Unsupported);
}

INSTANTIATE_TEST_SUITE_P(Ranks, AllReduceHost, testing::Values(2, 4));

TEST(AllReduceWorkload, OneRankIsUnsupported) {
  test::Solo solo;
  EXPECT_THROW(test::make_case("collective/all_reduce", case_of("float32", 64), solo.context), Unsupported);
  EXPECT_EQ(Registry::instance().find("collective/all_reduce")->needs.min_ranks, 2);
}

TEST(AllReduceWorkload, BytesMustHoldWholeElements) {
  auto const& workload = *Registry::instance().find("collective/all_reduce");
  EXPECT_TRUE(workload.check(case_of("float16", 10)).empty());
  EXPECT_TRUE(workload.check(case_of("float64", 16)).empty());
  EXPECT_EQ(workload.check(case_of("float64", 12)).size(), 1U);
  EXPECT_EQ(workload.check(case_of("float32", 10)).size(), 1U);
  EXPECT_EQ(case_name(workload.name, workload.params, case_of("float32", 1 << 20)),
            "collective/all_reduce/float32/bytes:1048576");
}

}  // namespace
}  // namespace muster
