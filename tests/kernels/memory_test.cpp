// The memory workload: its data, its check, its host kernels, the case as the worker runs it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/host/streaming_kernels.hpp"
#include "kernels/memory/memory_check.hpp"
#include "tests/kernels/support.hpp"

namespace muster {
namespace {

Params case_of(std::string op, std::string type, std::int64_t bytes) {
  return test::params_of("memory", {{"op", std::move(op)}, {"type", std::move(type)}, {"bytes", bytes}});
}

constexpr MemoryOp all_ops[] = {MemoryOp::read,  MemoryOp::write, MemoryOp::copy,
                                MemoryOp::scale, MemoryOp::add,   MemoryOp::triad};

template <class T>
std::vector<T> source(MemoryProblem const& problem, MemoryArray array) {
  std::vector<T> values(problem.count());
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = memory_value<T>(memory_key(problem.seed, array), i);
  return values;
}

/// What the checked array should hold, by the operation's own formula.
template <class T>
std::vector<T> right_answer(MemoryProblem const& problem) {
  auto const b = source<T>(problem, MemoryArray::b), c = source<T>(problem, MemoryArray::c);
  auto a = b;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (problem.op == MemoryOp::scale) a[i] = T(3) * b[i];
    if (problem.op == MemoryOp::add) a[i] = b[i] + c[i];
    if (problem.op == MemoryOp::triad) a[i] = b[i] + T(3) * c[i];
    if (problem.op == MemoryOp::write)
      a[i] = pattern_value<T>(memory_key(problem.seed, MemoryArray::pattern), i);
  }
  return a;
}

template <class T>
Verdict check(MemoryProblem const& problem, std::vector<T> const& a) {
  test::ThisThread team;
  return check_memory(problem, a.data(), team);
}

// The literals come from a second implementation of the documented recipe (Python's integers).
TEST(MemoryData, ValuesAreTheDocumentedOnesForASeed) {
  EXPECT_EQ(memory_value<double>(memory_key(1, MemoryArray::b), 0), 0x1.c6c026aa98000p-3);
  EXPECT_EQ(memory_value<double>(memory_key(1, MemoryArray::c), 5), 0x1.648ffb060fcf0p-2);
  EXPECT_EQ(memory_value<float>(memory_key(1, MemoryArray::b), 0), 0x1.c6cp-3F);
}

TEST(MemoryData, EveryAnswerIsExactFusedOrNot) {
  auto const keys = memory_keys(9);
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    float const single = memory_expected<float>(MemoryOp::triad, keys, i);
    ASSERT_EQ(single, std::fma(3.0F, memory_value<float>(keys.c, i), memory_value<float>(keys.b, i)));
    ASSERT_EQ(static_cast<double>(single), static_cast<double>(memory_value<float>(keys.b, i)) +
                                               3.0 * static_cast<double>(memory_value<float>(keys.c, i)));
    auto const b = static_cast<long double>(memory_value<double>(keys.b, i));
    auto const c = static_cast<long double>(memory_value<double>(keys.c, i));
    ASSERT_EQ(static_cast<long double>(memory_expected<double>(MemoryOp::triad, keys, i)), b + 3.0L * c);
    ASSERT_EQ(static_cast<long double>(memory_expected<double>(MemoryOp::add, keys, i)), b + c);
    ASSERT_EQ(static_cast<long double>(memory_expected<double>(MemoryOp::scale, keys, i)), 3.0L * b);
  }
}

TEST(MemoryData, ThePatternIsMadeOfNumbersThatDiffer) {
  auto const key = memory_keys(3).pattern;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    auto const wide = pattern_value<double>(key, i);
    auto const narrow = pattern_value<float>(key, i);
    ASSERT_TRUE(wide >= 1 && wide < 2 && narrow >= 1 && narrow < 2) << i;
    ASSERT_NE(wide, pattern_value<double>(key, i + 1));
    ASSERT_NE(narrow, pattern_value<float>(key, i + 1));
  }
}

TEST(MemoryCheck, RightAnswersPassAndAnyFlippedBitFails) {
  for (auto const op : all_ops) {
    MemoryProblem const problem{op, MemoryType::fp64, 8 * 1001, 5};
    auto const right = right_answer<double>(problem);
    EXPECT_TRUE(check(problem, right).ok());
    for (unsigned flip = 0; flip < 640; ++flip) {
      auto wrong = right;
      auto* const bytes = reinterpret_cast<unsigned char*>(&wrong[(flip * 157) % wrong.size()]);
      bytes[flip % 64 / 8] = static_cast<unsigned char>(bytes[flip % 64 / 8] ^ (1U << flip % 8));
      EXPECT_FALSE(check(problem, wrong).ok()) << flip;
    }
  }
}

TEST(MemoryCheck, AWrongSumOrAChangedSourceFailsARead) {
  MemoryProblem const problem{MemoryOp::read, MemoryType::fp32, 1 << 16, 5};
  HostTeam team({0, 0, 0});
  auto const b = source<float>(problem, MemoryArray::b);
  std::vector<std::uint64_t> words(b.size() / 2);
  std::memcpy(words.data(), b.data(), 4 * b.size());
  std::uint64_t const sum = std::accumulate(words.begin(), words.end(), std::uint64_t{0});
  EXPECT_EQ(expected_sum(problem, team), sum);
  EXPECT_TRUE(read_verdict(problem, {}, sum, sum).ok());
  auto const wrong_sum = read_verdict(problem, {}, sum ^ 4096, sum);
  EXPECT_FALSE(wrong_sum.ok());
  EXPECT_TRUE(wrong_sum.detail.starts_with("the sum of what was read is ")) << wrong_sum.detail;
  EXPECT_FALSE(read_verdict(problem, {.wrong = 1, .first = 7, .got = 2}, sum, sum).ok());
}

TEST(MemoryCheck, NaNStaleShiftedAndTruncatedArraysFail) {
  MemoryProblem const problem{MemoryOp::triad, MemoryType::fp32, 4 * 1000, 5};
  auto const right = right_answer<float>(problem);
  ASSERT_TRUE(check(problem, right).ok());
  auto wrong = right;
  wrong[999] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(check(problem, wrong).ok());
  EXPECT_FALSE(check(problem, source<float>(problem, MemoryArray::b)).ok()) << "copy in place of triad";
  wrong = right;
  std::rotate(wrong.begin(), wrong.begin() + 1, wrong.end());
  EXPECT_FALSE(check(problem, wrong).ok()) << "shifted by one";
  MemoryProblem other = problem;
  other.seed = 6;
  EXPECT_FALSE(check(problem, right_answer<float>(other)).ok()) << "another case's result";
}

TEST(MemoryCheck, FailureSaysWhereHowManyAndWhat) {
  MemoryProblem const problem{MemoryOp::copy, MemoryType::fp32, 4 * 1000, 5};
  auto wrong = right_answer<float>(problem);
  wrong[700] = 5;
  wrong[17] = 9;
  HostTeam team({0, 0, 0});
  Verdict const verdict = check_memory(problem, wrong.data(), team);
  EXPECT_EQ(verdict.error, 2);
  EXPECT_TRUE(verdict.detail.starts_with("2 of 1000 elements are wrong, the first is 17: got 9, expected "))
      << verdict.detail;
}

TEST(StreamingKernels, EveryInstructionSetDoesEveryLength) {
  for (auto const& kernels : host::all_streaming_kernels()) {
    for (std::size_t count = 0; count < 200; ++count) {
      alignas(64) float a[256], b[256], c[256];
      alignas(64) double x[256], y[256], z[256];
      for (std::size_t i = 0; i < 256; ++i) {
        a[i] = -1, b[i] = static_cast<float>(i), c[i] = static_cast<float>(2 * i + 1);
        x[i] = -1, y[i] = static_cast<double>(i), z[i] = static_cast<double>(2 * i + 1);
      }
      kernels.fp32.triad(a, b, c, 3, count);
      kernels.fp64.triad(x, y, z, 3, count);
      for (std::size_t i = 0; i < 256; ++i) {
        double const expected = i < count ? static_cast<double>(7 * i + 3) : -1;
        ASSERT_EQ(a[i], static_cast<float>(expected)) << kernels.name << " " << count << " " << i;
        ASSERT_EQ(x[i], expected) << kernels.name << " " << count << " " << i;
      }
      kernels.copy(reinterpret_cast<std::byte*>(x), reinterpret_cast<std::byte const*>(y), count);
      ASSERT_EQ(std::memcmp(x, y, count), 0) << kernels.name;
    }
  }
}

template <class T>
void expect_scale_and_add(host::StreamingArithmetic<T> const& kernels, std::size_t count, char const* name) {
  alignas(64) T scaled[256], sum[256], b[256], c[256];
  for (std::size_t i = 0; i < 256; ++i) {
    scaled[i] = sum[i] = -1, b[i] = static_cast<T>(i), c[i] = static_cast<T>(2 * i + 1);
  }
  kernels.scale(scaled, b, 3, count);
  kernels.add(sum, b, c, count);
  for (std::size_t i = 0; i < 256; ++i) {
    ASSERT_EQ(scaled[i], i < count ? static_cast<T>(3 * i) : T(-1)) << name << " " << count << " " << i;
    ASSERT_EQ(sum[i], i < count ? static_cast<T>(3 * i + 1) : T(-1)) << name << " " << count << " " << i;
  }
}

TEST(StreamingKernels, EveryInstructionSetScalesAddsReadsAndWritesEveryLength) {
  for (auto const& kernels : host::all_streaming_kernels()) {
    for (std::size_t count = 0; count < 200; ++count) {
      expect_scale_and_add(kernels.fp64, count, kernels.name);
      expect_scale_and_add(kernels.fp32, count, kernels.name);
      alignas(64) std::uint64_t words[256] = {};
      kernels.write(words, count, {5, 0x123456789ABCDEF1ULL, 0x00FFFFFFFFFFFFFFULL, 0x4000000000000000ULL});
      std::uint64_t sum = 0;
      for (std::size_t i = 0; i < 256; ++i) {
        std::uint64_t const value = ((5 + i * 0x123456789ABCDEF1ULL) & 0x00FFFFFFFFFFFFFFULL) | (1ULL << 62);
        ASSERT_EQ(words[i], i < count ? value : 0) << kernels.name << " " << count << " " << i;
        sum += words[i];
      }
      ASSERT_EQ(kernels.read(words, count), sum) << kernels.name << " " << count;
    }
  }
}

constexpr char const* op_names[] = {"read", "write", "copy", "scale", "add", "triad"};

TEST(MemoryHost, VerifiesBeforeAndAfterLaunchesAtOddSizes) {
  test::Solo solo;
  for (std::string const op : op_names) {
    for (std::string const type : {"fp64", "fp32"}) {
      for (std::int64_t const bytes : {4096, 4112, 100'000, 1 << 22}) {
        auto const memory = test::make_case("memory", case_of(op, type, bytes), solo.context);
        EXPECT_TRUE(memory->verify().ok());
        for (int i = 0; i < 3; ++i) memory->launch();
        Verdict const verdict = memory->verify();
        EXPECT_TRUE(verdict.ok()) << op << ": " << verdict.detail;
      }
    }
  }
}

TEST(MemoryHost, IsRightPastTheCacheToo) {
  test::Solo solo;
  auto const bytes = static_cast<std::int64_t>(solo.device.cache_bytes() + (64 << 20)) / 4096 * 4096 + 48;
  for (std::string const op : op_names) {
    auto const memory = test::make_case("memory", case_of(op, "fp32", bytes), solo.context);
    memory->launch();
    Verdict const verdict = memory->verify();
    EXPECT_TRUE(verdict.ok()) << op << ": " << verdict.detail;
  }
}

TEST(MemoryHost, ClaimsABoundOnlyBeyondTheCache) {
  MemoryProblem const copy{MemoryOp::copy, MemoryType::fp64, 1 << 20, 0};
  EXPECT_TRUE(copy.beyond_cache(512 << 10));
  EXPECT_FALSE(copy.beyond_cache((512 << 10) + 1));
  EXPECT_TRUE(copy.beyond_cache(0)) << "a cache of unknown size";
  EXPECT_TRUE(copy.past_cache((2 << 20) - 1));
  EXPECT_FALSE(copy.past_cache(2 << 20));
  EXPECT_EQ(cache_facts(copy, 1 << 20).size(), 2U);
  EXPECT_EQ(cache_facts(copy, 1 << 20)[0].second, "2");
  EXPECT_EQ(cache_facts(copy, 1 << 19).size(), 1U);
  test::Solo solo;
  if (solo.device.cache_bytes() == 0) GTEST_SKIP() << "this machine does not say how large its caches are";
  EXPECT_FALSE(test::make_case("memory", case_of("copy", "fp64", 4096), solo.context)->bound().has_value());
}

TEST(MemoryHost, KnowsItsRegime) {
  test::Solo solo;
  auto params = case_of("copy", "fp64", 4096);
  EXPECT_EQ(test::make_case("memory", params, solo.context)->regime(), Regime::sustained);
  params.set("regime", "cold");
  EXPECT_EQ(test::make_case("memory", params, solo.context)->regime(), Regime::cold);
}

TEST(MemoryHost, WorkCountsOneToThreeBytesPerByteOfAnArray) {
  auto const work = [](char const* op, char const* type) {
    return memory_problem(case_of(op, type, 1 << 20), 0).work();
  };
  EXPECT_EQ(work("read", "fp64").bytes, 1048576U);
  EXPECT_EQ(work("write", "fp64").bytes, 1048576U);
  EXPECT_EQ(work("copy", "fp64").bytes, 2097152U);
  EXPECT_EQ(work("scale", "fp64").bytes, 2097152U);
  EXPECT_EQ(work("add", "fp64").bytes, 3145728U);
  EXPECT_EQ(work("triad", "fp64").bytes, 3145728U);
  EXPECT_EQ(work("triad", "fp32").flops, 524288U);
  EXPECT_EQ(work("scale", "fp32").flops, 262144U);
}

TEST(MemoryHost, TooLargeSaysWhatFits) {
  try {
    require_memory({MemoryOp::triad, MemoryType::fp64, 1ULL << 30, 0}, 1ULL << 30);
    FAIL() << "3 GiB fit into 1";
  } catch (OutOfMemory const& error) {
    EXPECT_STREQ(
        error.what(),
        "3 arrays of 1073741824 bytes need 3.00 GiB (only 1.00 GiB are free) use bytes <= 357913936");
  }
}

TEST(MemoryWorkload, SizesMustBeAMultipleOf16) {
  auto const& workload = *Registry::instance().find("memory");
  EXPECT_TRUE(workload.check(case_of("copy", "fp64", 4096)).empty());
  ASSERT_EQ(workload.check(case_of("copy", "fp64", 4100)).size(), 1U);
  EXPECT_EQ(case_name("memory", workload.params, case_of("triad", "fp64", 1 << 28)),
            "memory/triad/fp64/bytes:268435456");
}

}  // namespace
}  // namespace muster
