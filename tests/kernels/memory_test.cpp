// The memory workload: its data, its check, its host kernels, the case as the worker runs it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/host/streaming_kernels.hpp"
#include "kernels/memory/memory_check.hpp"
#include "tests/kernels/support.hpp"

namespace muster {
namespace {

Params case_of(std::string op, std::string type, std::int64_t bytes) {
  return test::params_of("memory", {{"op", std::move(op)}, {"type", std::move(type)}, {"bytes", bytes}});
}

template <class T>
std::vector<T> source(MemoryProblem const& problem, MemoryArray array) {
  std::vector<T> values(problem.count());
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = memory_value<T>(memory_key(problem.seed, array), i);
  return values;
}

template <class T>
std::vector<T> right_answer(MemoryProblem const& problem) {
  auto const b = source<T>(problem, MemoryArray::b), c = source<T>(problem, MemoryArray::c);
  auto a = b;
  if (problem.op == MemoryOp::triad) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = b[i] + T(3) * c[i];
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

TEST(MemoryData, TriadIsExactFusedOrNot) {
  std::uint64_t const b = memory_key(9, MemoryArray::b), c = memory_key(9, MemoryArray::c);
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    float const single = memory_expected<float>(MemoryOp::triad, b, c, i);
    ASSERT_EQ(single, std::fma(3.0F, memory_value<float>(c, i), memory_value<float>(b, i)));
    ASSERT_EQ(static_cast<double>(single), static_cast<double>(memory_value<float>(b, i)) +
                                               3.0 * static_cast<double>(memory_value<float>(c, i)));
    long double const exact =
        static_cast<long double>(memory_value<double>(b, i)) + 3.0L * memory_value<double>(c, i);
    ASSERT_EQ(static_cast<long double>(memory_expected<double>(MemoryOp::triad, b, c, i)), exact);
  }
}

TEST(MemoryCheck, RightAnswersPassAndAnyFlippedBitFails) {
  for (auto const op : {MemoryOp::copy, MemoryOp::triad}) {
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
      kernels.triad_fp32(a, b, c, 3, count);
      kernels.triad_fp64(x, y, z, 3, count);
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

TEST(MemoryHost, VerifiesBeforeAndAfterLaunchesAtOddSizes) {
  test::Solo solo;
  for (std::string const op : {"copy", "triad"}) {
    for (std::string const type : {"fp64", "fp32"}) {
      for (std::int64_t const bytes : {4096, 4112, 100'000, 1 << 22}) {
        auto const memory = test::make_case("memory", case_of(op, type, bytes), solo.context);
        EXPECT_TRUE(memory->verify().ok());
        for (int i = 0; i < 3; ++i) memory->launch();
        Verdict const verdict = memory->verify();
        EXPECT_TRUE(verdict.ok()) << verdict.detail;
      }
    }
  }
}

TEST(MemoryHost, WorkCountsTwoBytesForCopyAndThreeForTriad) {
  EXPECT_EQ(memory_problem(case_of("copy", "fp64", 1 << 20), 0).work().bytes, 2097152U);
  EXPECT_EQ(memory_problem(case_of("triad", "fp64", 1 << 20), 0).work().bytes, 3145728U);
  EXPECT_EQ(memory_problem(case_of("triad", "fp32", 1 << 20), 0).work().flops, 524288U);
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
