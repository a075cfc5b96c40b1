// check_gemm against right answers of our own making, and against every kind of wrong one.
#include "kernels/gemm/gemm_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>
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

constexpr GemmType all_types[] = {GemmType::fp64, GemmType::fp32, GemmType::tf32,     GemmType::fp16,
                                  GemmType::bf16, GemmType::int8, GemmType::fp8_e4m3, GemmType::fp8_e5m2};
constexpr GemmLayout all_layouts[] = {GemmLayout::nn, GemmLayout::nt, GemmLayout::tn, GemmLayout::tt};

using Result = std::vector<std::byte>;

void store(GemmProblem const& problem, Result& d, std::int64_t index, double value) {
  auto const put = [&](auto stored) {
    std::memcpy(d.data() + static_cast<std::size_t>(index) * sizeof stored, &stored, sizeof stored);
  };
  switch (problem.output) {
    case GemmType::fp64:
      return put(value);
    case GemmType::fp16:
      return put(to_fp16(static_cast<float>(value)));
    case GemmType::bf16:
      return put(to_bf16(static_cast<float>(value)));
    case GemmType::int32:
      return put(static_cast<std::int32_t>(value));
    default:
      return put(static_cast<float>(value));
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
    case GemmType::fp16:
      return static_cast<double>(from_fp16(get(std::uint16_t{})));
    case GemmType::bf16:
      return static_cast<double>(from_bf16(get(std::uint16_t{})));
    case GemmType::int32:
      return static_cast<double>(get(std::int32_t{}));
    default:
      return static_cast<double>(get(float{}));
  }
}

// The product by the definition, element (i, p) of A and (p, j) of B in product `batch` as `a` and `b` say,
// summed in the type that the hardware sums in.
using Element = std::function<double(std::int64_t batch, std::int64_t, std::int64_t)>;

template <class Sum>
Result product(GemmProblem const& problem, Element const& a, Element const& b) {
  Result d(problem.d_bytes());
  for (std::int64_t batch = 0; batch < problem.batch; ++batch) {
    for (std::int64_t i = 0; i < problem.m; ++i) {
      for (std::int64_t j = 0; j < problem.n; ++j) {
        Sum sum = 0;
        for (std::int64_t p = 0; p < problem.k; ++p)
          sum += static_cast<Sum>(a(batch, i, p)) * static_cast<Sum>(b(batch, p, j));
        store(problem, d, (batch * problem.m + i) * problem.n + j, static_cast<double>(sum));
      }
    }
  }
  return d;
}

Result product(GemmProblem const& problem, Element const& a, Element const& b) {
  bool const wide = problem.type == GemmType::fp64 || problem.type == GemmType::int8;
  return wide ? product<double>(problem, a, b) : product<float>(problem, a, b);
}

double element_of(GemmProblem const& problem, GemmMatrix matrix, GemmLine line, std::int64_t index) {
  return gemm_element(matrix == GemmMatrix::a ? problem.type : problem.b_type(),
                      gemm_key(problem.seed, matrix),
                      line.first + static_cast<std::uint64_t>(index) * line.step, problem.dist);
}

Element a_of(GemmProblem const& problem) {
  return [=](std::int64_t batch, std::int64_t i, std::int64_t p) {
    return element_of(problem, GemmMatrix::a,
                      a_row(problem, static_cast<std::uint64_t>(batch), static_cast<std::uint64_t>(i)), p);
  };
}

Element b_of(GemmProblem const& problem) {
  return [=](std::int64_t batch, std::int64_t p, std::int64_t j) {
    return element_of(problem, GemmMatrix::b,
                      b_row(problem, static_cast<std::uint64_t>(batch), static_cast<std::uint64_t>(p)), j);
  };
}

Result right_answer(GemmProblem const& problem) { return product(problem, a_of(problem), b_of(problem)); }

Verdict check(GemmProblem const& problem, Result const& d) {
  test::ThisThread team;
  return check_gemm(problem, d.data(), team);
}

GemmProblem sized(GemmType type, std::int64_t m, std::int64_t n, std::int64_t k, std::uint64_t seed) {
  return {type, usual_output(type), m, n, k, seed};
}

// More rows than are sampled.
GemmProblem odd_problem(GemmType type) { return sized(type, 157, 29, 53, 11); }

TEST(GemmCheck, RightAnswersPassInEveryTypeAndShape) {
  for (auto const type : all_types) {
    for (GemmProblem const& problem :
         {odd_problem(type), sized(type, 1, 1, 1, 1), sized(type, 1, 300, 2, 2), sized(type, 300, 1, 3, 3),
          sized(type, 5, 7, 1000, 4), sized(type, 9, 1030, 4, 5)}) {
      Verdict const verdict = check(problem, right_answer(problem));
      EXPECT_TRUE(verdict.ok()) << describe(problem) << ": " << verdict.detail;
    }
  }
}

TEST(GemmCheck, RightAnswersPassInEveryLayoutBatchAndDistribution) {
  for (auto const type : all_types) {
    for (auto const layout : all_layouts) {
      for (auto const dist :
           {GemmDist::normal, GemmDist::uniform, GemmDist::integers, GemmDist::constant, GemmDist::zeros}) {
        GemmProblem problem = sized(type, 9, 12, 31, 3);
        problem.layout = layout;
        problem.batch = 5;
        problem.dist = dist;
        Verdict const verdict = check(problem, right_answer(problem));
        EXPECT_TRUE(verdict.ok()) << describe(problem) << " " << name(dist) << ": " << verdict.detail;
      }
    }
  }
}

// A of 2 x 3 and B of 3 x 4, second product of a batch.
TEST(GemmCheck, RowsOfOperandsLieWhereTheLayoutSays) {
  GemmProblem problem{.m = 2, .n = 4, .k = 3, .batch = 2};
  auto const expect = [&](GemmLine line, std::uint64_t first, std::uint64_t step) {
    EXPECT_EQ(line.first, first) << name(problem.layout);
    EXPECT_EQ(line.step, step) << name(problem.layout);
  };
  expect(a_row(problem, 1, 1), 6 + 3, 1);
  expect(b_row(problem, 1, 2), 12 + 8, 1);
  problem.layout = GemmLayout::tt;
  expect(a_row(problem, 1, 1), 6 + 1, 2);
  expect(b_row(problem, 1, 2), 12 + 2, 3);
  problem.layout = GemmLayout::tn;
  expect(a_row(problem, 1, 1), 6 + 1, 2);
  expect(b_row(problem, 1, 2), 12 + 8, 1);
  problem.layout = GemmLayout::nt;
  expect(a_row(problem, 1, 1), 6 + 3, 1);
  expect(b_row(problem, 1, 2), 12 + 2, 3);
}

TEST(GemmCheck, SampledRowsAreFirstLastAndManyInBetween) {
  auto const rows = gemm_sampled_rows(sized(GemmType::fp32, 4096, 4096, 4096, 1));
  EXPECT_EQ(rows.front(), 0U);
  EXPECT_EQ(rows.back(), 4095U);
  EXPECT_EQ(rows.size(), 64U);
  EXPECT_TRUE(std::ranges::is_sorted(rows));
  EXPECT_EQ(gemm_sampled_rows(sized(GemmType::bf16, 8192, 8192, 8192, 1)).size(), 64U);
  EXPECT_EQ(gemm_sampled_rows(sized(GemmType::bf16, 1 << 17, 1 << 17, 1 << 17, 1)).size(), 8U);
  EXPECT_EQ(gemm_sampled_rows(sized(GemmType::bf16, 5, 9, 9, 1)).size(), 5U);
}

TEST(GemmCheck, SixteenBitOperandsMayHaveFloatOutput) {
  GemmProblem problem = odd_problem(GemmType::bf16);
  problem.output = GemmType::fp32;
  EXPECT_TRUE(check(problem, right_answer(problem)).ok());
}

TEST(GemmCheck, TeamsOfAnySizeAgree) {
  GemmProblem const problem = sized(GemmType::fp32, 3, 29, 5, 11);  // fewer rows than threads
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
    for (std::int64_t index = 0; index < problem.m * problem.n; index += 4) {
      if (std::abs(load(problem, right, index)) >= 2)
        continue;  // the highest exponent bit of a small number is 0
      Result wrong = right;
      wrong[static_cast<std::size_t>(index) * 2 + 1] ^= std::byte{0x40};
      EXPECT_FALSE(check(problem, wrong).ok()) << name(type) << " element " << index;
    }
  }
}

TEST(GemmCheck, AnyFlippedBitOfAnyElementOfAnInt8ProductFails) {
  GemmProblem const problem = odd_problem(GemmType::int8);
  Result const right = right_answer(problem);
  for (std::uint64_t i = 0; i < 400; ++i) {
    auto const bit = random_word(1, i) % (right.size() * 8);
    Result wrong = right;
    wrong[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_FALSE(check(problem, wrong).ok()) << "bit " << bit;
  }
}

// The sums of fp8 may be off by a percent, so that a flip is seen from the third bit of the fraction on.
TEST(GemmCheck, OneFlippedBitInASampledRowOfAnFp8ProductFails) {
  for (auto const type : {GemmType::fp8_e4m3, GemmType::fp8_e5m2}) {
    GemmProblem const problem = odd_problem(type);
    Result const right = right_answer(problem);
    double const typical =
        std::sqrt(53.0) * gemm_spread(type, problem.dist) * gemm_spread(problem.b_type(), problem.dist);
    for (std::int64_t index = 0; index < problem.n; ++index) {
      if (std::abs(load(problem, right, index)) < typical / 2) continue;
      for (unsigned bit = 5; bit < 16; ++bit) {
        Result wrong = right;
        wrong[static_cast<std::size_t>(index) * 2 + bit / 8] ^= std::byte{1} << (bit % 8);
        EXPECT_FALSE(check(problem, wrong).ok()) << name(type) << " element " << index << " bit " << bit;
      }
    }
  }
}

TEST(GemmCheck, NaNAndInfinityAnywhereFail) {
  for (auto const type : all_types) {
    if (type == GemmType::int8) continue;  // its D has no such thing
    GemmProblem const problem = odd_problem(type);
    Result const right = right_answer(problem);
    for (double const bad :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::infinity()}) {
      for (std::int64_t index = 0; index < problem.m * problem.n; index += 131) {
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
    GemmProblem const square = sized(type, 40, 40, 40, 5);
    auto const a = a_of(square), b = b_of(square);
    auto const turned = [](Element const& x) {
      return [=](std::int64_t batch, std::int64_t i, std::int64_t j) { return x(batch, j, i); };
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

TEST(GemmCheck, OperandsReadInAnotherLayoutFail) {
  for (auto const type : all_types) {
    for (auto const asked : all_layouts) {
      for (auto const used : all_layouts) {
        GemmProblem square = sized(type, 24, 24, 24, 5);
        square.layout = used;
        Result const d = right_answer(square);
        square.layout = asked;
        EXPECT_EQ(check(square, d).ok(), asked == used)
            << name(type) << " " << name(used) << " in place of " << name(asked);
      }
    }
  }
}

TEST(GemmCheck, ProductsOfABatchThatAreMissingOrChangedPlacesFail) {
  for (auto const type : all_types) {
    GemmProblem problem = sized(type, 8, 8, 16, 5);
    problem.batch = 100;  // more products than sampled rows
    Result const right = right_answer(problem);
    auto const bytes = static_cast<std::ptrdiff_t>(right.size() / 100);
    ASSERT_TRUE(check(problem, right).ok());
    for (std::ptrdiff_t product = 0; product < 99; product += 7) {
      Result wrong = right;
      auto const at = wrong.begin() + product * bytes;
      std::swap_ranges(at, at + bytes, at + bytes);
      EXPECT_FALSE(check(problem, wrong).ok()) << name(type) << ": product " << product << " and the next";
      wrong = right;
      std::fill_n(wrong.begin() + product * bytes, bytes, std::byte{0});
      EXPECT_FALSE(check(problem, wrong).ok()) << name(type) << ": product " << product << " left out";
    }
  }
}

TEST(GemmCheck, FailureInABatchNamesTheProduct) {
  GemmProblem problem = sized(GemmType::fp32, 8, 8, 16, 5);
  problem.batch = 3;
  Result wrong = right_answer(problem);
  store(problem, wrong, 2 * 64 + 7 * 8 + 4, 1000);
  Verdict const verdict = check(problem, wrong);
  EXPECT_NE(verdict.detail.find("product 2, row 7"), std::string::npos) << verdict.detail;
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
  GemmProblem const problem = sized(GemmType::fp32, 64, 64, 256, 3);
  auto const low = [](Element const& full) {
    return [=](std::int64_t batch, std::int64_t i, std::int64_t j) {
      return static_cast<double>(to_tf32(static_cast<float>(full(batch, i, j))));
    };
  };
  EXPECT_FALSE(check(problem, product(problem, low(a_of(problem)), low(b_of(problem)))).ok());
}

// The limits as literals: k = 100 and n = 144, so that the roots are 10 and 12.
TEST(GemmLimits, AreThoseOfTheDerivation) {
  GemmLimits const fp32(sized(GemmType::fp32, 8, 144, 100, 1));
  EXPECT_DOUBLE_EQ(fp32.element(2, 10), 1.5 * 0x1p-24 * 2 + 4 * 14 * 0x1p-24 * 10);
  EXPECT_DOUBLE_EQ(fp32.row_sum(10), (16 * (4 * 0x1p-24 + 4 * 14 * 0x1p-24) + 8 * 144 * 0x1p-53) * 10);
  GemmLimits const bf16(sized(GemmType::bf16, 8, 144, 100, 1));
  EXPECT_DOUBLE_EQ(bf16.element(-2, 10), 1.5 * 0x1p-8 * 2 + (32 * 14 + 2.5 * 100 / 8) * 0x1p-24 * 10);
  GemmLimits const tf32(sized(GemmType::tf32, 8, 144, 100, 1));
  EXPECT_DOUBLE_EQ(tf32.element(0, 10), (32 * 14 + 2.5 * 100 / 4) * 0x1p-24 * 10);
  GemmLimits const fp16(sized(GemmType::fp16, 8, 144, 100, 1));
  EXPECT_DOUBLE_EQ(fp16.element(0, 10), (32 * 14 + 2.5 * 100 / 8) * 0x1p-24 * 10 + 0x1p-25);
  GemmLimits const fp8(sized(GemmType::fp8_e4m3, 8, 144, 100, 1));
  EXPECT_DOUBLE_EQ(fp8.element(2, 10), 1.5 * 0x1p-8 * 2 + (8 * 14 + 2.5 * 100 / 32) * 0x1p-13 * 10);
  GemmLimits const int8(sized(GemmType::int8, 8, 144, 100, 1));
  EXPECT_EQ(int8.element(1e9, 1e9), 0.5);
  EXPECT_EQ(int8.row_sum(1e9), 0.5);
}

TEST(GemmLimits, GrowWithTheSpreadOfTheOperands) {
  GemmProblem problem = sized(GemmType::fp32, 8, 144, 100, 1);
  EXPECT_EQ(GemmLimits(problem).per_norm, 1);
  problem.dist = GemmDist::constant;  // sums of 100 ones
  EXPECT_EQ(GemmLimits(problem).per_norm, 10);
  problem.dist = GemmDist::zeros;
  EXPECT_EQ(GemmLimits(problem).per_norm, 0);
}

}  // namespace
}  // namespace muster
