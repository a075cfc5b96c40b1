// check_gemm against right answers of our own making, and against every kind of wrong one.
#include "kernels/gemm/gemm_check.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <vector>

#include "kernels/contract/random.hpp"
#include "kernels/gemm/gemm_data.hpp"
#include "tests/kernels/support.hpp"

namespace muster {
namespace {

constexpr GemmType all_types[] = {GemmType::fp64, GemmType::fp32, GemmType::tf32, GemmType::fp16,
                                  GemmType::bf16};

double operand(GemmProblem const& problem, GemmMatrix matrix, std::int64_t index) {
  std::uint64_t const key = gemm_key(problem.seed, matrix);
  auto const i = static_cast<std::uint64_t>(index);
  switch (problem.type) {
    case GemmType::fp64:
      return gemm_fp64(key, i);
    case GemmType::fp32:
      return gemm_fp32(key, i);
    case GemmType::tf32:
      return gemm_tf32(key, i);
    case GemmType::fp16:
      return from_fp16(gemm_fp16(key, i));
    case GemmType::bf16:
      return from_bf16(gemm_bf16(key, i));
  }
  return 0;
}

using Result = std::vector<std::byte>;

void store(GemmProblem const& problem, Result& d, std::int64_t index, double value) {
  auto const put = [&](auto stored) {
    std::memcpy(d.data() + static_cast<std::size_t>(index) * sizeof stored, &stored, sizeof stored);
  };
  switch (problem.output) {
    case GemmType::fp64:
      return put(value);
    case GemmType::fp32:
    case GemmType::tf32:
      return put(static_cast<float>(value));
    case GemmType::fp16:
      return put(to_fp16(static_cast<float>(value)));
    case GemmType::bf16:
      return put(to_bf16(static_cast<float>(value)));
  }
}

double load(GemmProblem const& problem, Result const& d, std::int64_t index) {
  auto const* from = d.data() + static_cast<std::size_t>(index) * element_bytes(problem.output);
  auto const get = [&](auto stored) {
    std::memcpy(&stored, from, sizeof stored);
    return stored;
  };
  switch (problem.output) {
    case GemmType::fp64:
      return get(double{});
    case GemmType::fp32:
    case GemmType::tf32:
      return static_cast<double>(get(float{}));
    case GemmType::fp16:
      return static_cast<double>(from_fp16(get(std::uint16_t{})));
    case GemmType::bf16:
      return static_cast<double>(from_bf16(get(std::uint16_t{})));
  }
  return 0;
}

// The product by the definition, element (i, p) of A and (p, j) of B as `a` and `b` say, summed in the type
// that the hardware sums in.
using Element = std::function<double(std::int64_t, std::int64_t)>;

template <class Sum>
Result product(GemmProblem const& problem, Element const& a, Element const& b) {
  Result d(problem.d_bytes());
  for (std::int64_t i = 0; i < problem.m; ++i) {
    for (std::int64_t j = 0; j < problem.n; ++j) {
      Sum sum = 0;
      for (std::int64_t p = 0; p < problem.k; ++p)
        sum += static_cast<Sum>(a(i, p)) * static_cast<Sum>(b(p, j));
      store(problem, d, i * problem.n + j, static_cast<double>(sum));
    }
  }
  return d;
}

Result product(GemmProblem const& problem, Element const& a, Element const& b) {
  return problem.type == GemmType::fp64 ? product<double>(problem, a, b) : product<float>(problem, a, b);
}

Element of(GemmProblem const& problem, GemmMatrix matrix, std::int64_t columns) {
  return [=](std::int64_t i, std::int64_t j) { return operand(problem, matrix, i * columns + j); };
}

Result right_answer(GemmProblem const& problem) {
  return product(problem, of(problem, GemmMatrix::a, problem.k), of(problem, GemmMatrix::b, problem.n));
}

Verdict check(GemmProblem const& problem, Result const& d) {
  test::ThisThread team;
  return check_gemm(problem, d.data(), team);
}

GemmProblem odd_problem(GemmType type) { return {type, type, 37, 29, 53, 11}; }

TEST(GemmCheck, RightAnswersPassInEveryTypeAndShape) {
  for (auto const type : all_types) {
    for (GemmProblem problem :
         {odd_problem(type), GemmProblem{type, type, 1, 1, 1, 1}, GemmProblem{type, type, 1, 300, 2, 2},
          GemmProblem{type, type, 300, 1, 3, 3}, GemmProblem{type, type, 5, 7, 1000, 4},
          GemmProblem{type, type, 9, 1030, 4, 5}}) {
      Verdict const verdict = check(problem, right_answer(problem));
      EXPECT_TRUE(verdict.ok()) << name(type) << " " << problem.m << " x " << problem.n << " x " << problem.k
                                << ": " << verdict.detail;
    }
  }
}

TEST(GemmCheck, SixteenBitOperandsMayHaveFloatOutput) {
  GemmProblem problem = odd_problem(GemmType::bf16);
  problem.output = GemmType::fp32;
  EXPECT_TRUE(check(problem, right_answer(problem)).ok());
}

TEST(GemmCheck, TeamsOfAnySizeAgree) {
  GemmProblem const problem{GemmType::fp32, GemmType::fp32, 3, 29, 5, 11};  // fewer rows than threads
  Result d = right_answer(problem);
  HostTeam team({0, 0, 0, 0});
  EXPECT_TRUE(check_gemm(problem, d.data(), team).ok());
  store(problem, d, 40, load(problem, d, 40) + 1);
  EXPECT_FALSE(check_gemm(problem, d.data(), team).ok());
}

// Flips of one bit. Seen for certain in an element of ordinary size (|d| >= 1; the spread is 7): in any row
// of a float or double result the sign, the exponent and the eight highest bits of the fraction.
TEST(GemmCheck, OneFlippedBitInAnyRowOfALongResultFails) {
  for (auto const type : {GemmType::fp64, GemmType::fp32, GemmType::tf32}) {
    GemmProblem const problem = odd_problem(type);
    Result const right = right_answer(problem);
    unsigned const width = static_cast<unsigned>(element_bytes(type)) * 8;
    unsigned const lowest = type == GemmType::fp64 ? 44 : 15;
    int flips = 0;
    for (std::uint64_t i = 0; flips < 400; ++i) {
      auto const index =
          static_cast<std::int64_t>(random_word(1, i) % static_cast<std::uint64_t>(problem.m * problem.n));
      if (std::abs(load(problem, right, index)) < 1) continue;
      auto const bit = lowest + static_cast<unsigned>(random_word(2, i) % (width - lowest));
      Result wrong = right;
      wrong[static_cast<std::size_t>(index) * width / 8 + bit / 8] ^= std::byte{1} << (bit % 8);
      EXPECT_FALSE(check(problem, wrong).ok()) << name(type) << " element " << index << " bit " << bit;
      ++flips;
    }
  }
}

// With 16-bit output rounding hides more: in a sampled row (the first one is) all but the lowest bit of the
// fraction is seen, elsewhere a flip of the exponent's high bits, which makes the element huge or next to
// nothing.
TEST(GemmCheck, OneFlippedBitInASampledRowOfAShortResultFails) {
  for (auto const type : {GemmType::fp16, GemmType::bf16}) {
    GemmProblem const problem = odd_problem(type);
    Result const right = right_answer(problem);
    for (std::int64_t index = 0; index < problem.n; ++index) {
      if (std::abs(load(problem, right, index)) < 1) continue;
      for (unsigned bit = 1; bit < 16; ++bit) {
        Result wrong = right;
        wrong[static_cast<std::size_t>(index) * 2 + bit / 8] ^= std::byte{1} << (bit % 8);
        EXPECT_FALSE(check(problem, wrong).ok()) << name(type) << " element " << index << " bit " << bit;
      }
    }
  }
}

TEST(GemmCheck, FlippedHighExponentBitInAnyRowOfAShortResultFails) {
  for (auto const type : {GemmType::fp16, GemmType::bf16}) {
    GemmProblem const problem = odd_problem(type);
    Result const right = right_answer(problem);
    for (std::int64_t index = 0; index < problem.m * problem.n; ++index) {
      if (std::abs(load(problem, right, index)) >= 2)
        continue;  // the highest exponent bit of a small number is 0
      Result wrong = right;
      wrong[static_cast<std::size_t>(index) * 2 + 1] ^= std::byte{0x40};
      EXPECT_FALSE(check(problem, wrong).ok()) << name(type) << " element " << index;
    }
  }
}

TEST(GemmCheck, NaNAndInfinityAnywhereFail) {
  for (auto const type : all_types) {
    GemmProblem const problem = odd_problem(type);
    Result const right = right_answer(problem);
    for (double const bad :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::infinity()}) {
      for (std::int64_t index = 0; index < problem.m * problem.n; index += 31) {
        Result wrong = right;
        store(problem, wrong, index, bad);
        Verdict const verdict = check(problem, wrong);
        EXPECT_FALSE(verdict.ok()) << name(type) << " " << bad << " in element " << index;
        EXPECT_TRUE(std::isfinite(verdict.error));
      }
    }
  }
}

// Two infinities of opposite signs, or all of them, must not cancel out.
TEST(GemmCheck, ResultFullOfNaNOrInfinityFails) {
  GemmProblem const problem = odd_problem(GemmType::fp16);
  for (std::uint16_t const pattern : {std::uint16_t{0xFFFF}, std::uint16_t{0x7C00}}) {
    Result wrong(problem.d_bytes());
    for (std::size_t i = 0; i < wrong.size(); i += 2) std::memcpy(wrong.data() + i, &pattern, 2);
    EXPECT_FALSE(check(problem, wrong).ok());
  }
}

TEST(GemmCheck, WrongProductsFail) {
  for (auto const type : all_types) {
    GemmProblem const square{type, type, 40, 40, 40, 5};
    auto const a = of(square, GemmMatrix::a, 40), b = of(square, GemmMatrix::b, 40);
    auto const turned = [](Element const& x) {
      return [=](std::int64_t i, std::int64_t j) { return x(j, i); };
    };
    EXPECT_TRUE(check(square, product(square, a, b)).ok());
    EXPECT_FALSE(check(square, product(square, b, a)).ok()) << "operands swapped";
    EXPECT_FALSE(check(square, product(square, turned(b), turned(a))).ok()) << "result transposed";
    EXPECT_FALSE(check(square, product(square, turned(a), b)).ok()) << "A transposed";
    EXPECT_FALSE(check(square, product(square, a, turned(b))).ok()) << "B transposed";
    EXPECT_FALSE(check(square, product(square, a, a)).ok()) << "A twice";
    EXPECT_FALSE(check(square, Result(square.d_bytes())).ok()) << "all zeros";
    GemmProblem other = square;
    other.seed = 6;
    EXPECT_FALSE(check(square, right_answer(other)).ok()) << "another case's result";
    GemmProblem shorter = square;
    shorter.k = 39;
    EXPECT_FALSE(check(square, product(shorter, a, b)).ok()) << "last term of every sum missing";
  }
}

TEST(GemmCheck, RowsInTheWrongPlaceFail) {
  GemmProblem const problem = odd_problem(GemmType::bf16);
  Result wrong = right_answer(problem);
  std::size_t const row = wrong.size() / static_cast<std::size_t>(problem.m);
  std::swap_ranges(wrong.begin() + static_cast<std::ptrdiff_t>(9 * row),
                   wrong.begin() + static_cast<std::ptrdiff_t>(10 * row),
                   wrong.begin() + static_cast<std::ptrdiff_t>(20 * row));
  EXPECT_FALSE(check(problem, wrong).ok());
}

TEST(GemmCheck, FailureSaysWhereAndWhat) {
  GemmProblem const problem = odd_problem(GemmType::fp32);
  Result wrong = right_answer(problem);
  store(problem, wrong, 3, 1000);
  Verdict const verdict = check(problem, wrong);
  EXPECT_NE(verdict.detail.find("row 0, column 3: got 1000, expected "), std::string::npos) << verdict.detail;
  EXPECT_GT(verdict.error, verdict.tolerance);
}

// Sums in a lower precision than stated: products of tf32 rounded to 10 bits before they are added, say.
TEST(GemmCheck, SumsInLowPrecisionFail) {
  GemmProblem const problem{GemmType::fp32, GemmType::fp32, 64, 64, 256, 3};
  auto const low = [&](GemmMatrix matrix, std::int64_t columns) {
    auto const full = of(problem, matrix, columns);
    return [=](std::int64_t i, std::int64_t j) { return to_tf32(static_cast<float>(full(i, j))); };
  };
  EXPECT_FALSE(check(problem, product(problem, low(GemmMatrix::a, 256), low(GemmMatrix::b, 64))).ok());
}

}  // namespace
}  // namespace muster
