#include "kernels/gemm/gemm_data.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <set>

namespace muster {
namespace {

constexpr std::uint64_t samples = 1'000'000;

// The literals come from a second implementation of the documented recipe (Python's integers).
TEST(GemmData, ValuesAreTheDocumentedOnesForASeed) {
  std::uint64_t const key = gemm_key(1, GemmMatrix::a);
  EXPECT_EQ(key, 0xFCD1879BE4191B13ULL);
  EXPECT_EQ(gemm_normal(key, 0), 0x1.daba3p+0F);
  EXPECT_EQ(gemm_fp64(key, 0), 0x1.daba309a1d3f0p+0);
  EXPECT_EQ(gemm_fp32(key, 0), 0x1.daba3p+0F);
  EXPECT_EQ(gemm_tf32(key, 0), 0x1.dacp+0F);
  EXPECT_EQ(gemm_fp16(key, 0), 0x3F6B);
  EXPECT_EQ(gemm_bf16(key, 0), 0x3FED);
  EXPECT_EQ(gemm_fp64(key, (1ULL << 36) + 7), -0x1.f0709eda1ce00p-2);
}

TEST(GemmData, OtherDistributionsAreTheDocumentedOnesForASeed) {
  std::uint64_t const key = gemm_key(1, GemmMatrix::a);
  EXPECT_EQ(gemm_fp64(key, 0, GemmDist::uniform), -0x1.517294d4e4209p-1);
  EXPECT_EQ(gemm_uniform(key, 0), -0x1.517296p-1F);
  EXPECT_EQ(gemm_uniform(key, 3), 0x1.77a0ap-2F);
  EXPECT_EQ(gemm_fp32(key, 0, GemmDist::integers), -2);
  EXPECT_EQ(gemm_fp32(key, 3, GemmDist::integers), 1);
  EXPECT_EQ(gemm_int8(key, 0), -84);
  EXPECT_EQ(gemm_int8(key, 3), 47);
}

// Moments of N(0,1) against a million samples: the standard errors are 0.001, 0.0014, 0.0024 and 0.005; an
// Irwin-Hall sum of twelve has a kurtosis of 2.9.
TEST(GemmData, MomentsAreThoseOfANormalDistribution) {
  std::uint64_t const key = gemm_key(7, GemmMatrix::b);
  double mean = 0, square = 0, cube = 0, fourth = 0;
  for (std::uint64_t i = 0; i < samples; ++i) {
    double const value = gemm_fp64(key, i);
    mean += value / samples;
    square += value * value / samples;
    cube += value * value * value / samples;
    fourth += value * value * value * value / samples;
  }
  EXPECT_NEAR(mean, 0, 0.005);
  EXPECT_NEAR(square, 0.9964, 0.007);
  EXPECT_NEAR(cube, 0, 0.012);
  EXPECT_NEAR(fourth / square / square, 2.9, 0.03);
}

TEST(GemmData, ShareWithinOneTwoAndThreeDeviationsIsNearNormal) {
  std::uint64_t const key = gemm_key(7, GemmMatrix::a);
  std::array<double, 4> within{};
  for (std::uint64_t i = 0; i < samples; ++i) {
    double const size = std::abs(static_cast<double>(gemm_normal(key, i)));
    for (std::size_t k = 1; k < within.size(); ++k)
      within[k] += size < static_cast<double>(k) ? 1.0 / samples : 0;
  }
  EXPECT_NEAR(within[1], 0.6827, 0.006);
  EXPECT_NEAR(within[2], 0.9545, 0.003);
  EXPECT_NEAR(within[3], 0.9973, 0.001);
}

TEST(GemmData, NeighboursMatricesAndSeedsAreUncorrelated) {
  std::uint64_t const a = gemm_key(7, GemmMatrix::a), b = gemm_key(7, GemmMatrix::b),
                      other = gemm_key(8, GemmMatrix::a);
  double neighbours = 0, matrices = 0, seeds = 0;
  for (std::uint64_t i = 0; i < samples; ++i) {
    double const value = gemm_fp64(a, i) / samples;
    neighbours += value * gemm_fp64(a, i + 1);
    matrices += value * gemm_fp64(b, i);
    seeds += value * gemm_fp64(other, i);
  }
  EXPECT_NEAR(neighbours, 0, 0.005);
  EXPECT_NEAR(matrices, 0, 0.005);
  EXPECT_NEAR(seeds, 0, 0.005);
}

TEST(GemmData, EveryTypeHoldsTheSameNumberWithinItsRounding) {
  std::uint64_t const key = gemm_key(3, GemmMatrix::a);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    double const value = gemm_fp64(key, i), size = std::abs(value);
    ASSERT_NEAR(gemm_fp32(key, i), value, size * 0x1p-24);
    ASSERT_NEAR(gemm_tf32(key, i), value, size * 0x1p-11 + 0x1p-20);
    ASSERT_NEAR(from_fp16(gemm_fp16(key, i)), value, size * 0x1p-11 + 0x1p-20);
    ASSERT_NEAR(from_bf16(gemm_bf16(key, i)), value, size * 0x1p-8 + 0x1p-20);
  }
}

TEST(GemmData, FullFractionsAreInUseInDoubleAndFloat) {
  std::uint64_t const key = gemm_key(3, GemmMatrix::a);
  unsigned float_bits = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) float_bits |= bits_of(gemm_fp32(key, i));
  EXPECT_EQ(float_bits & 0x7FFFFFU, 0x7FFFFFU);
  EXPECT_EQ(bits_of(gemm_tf32(key, 1)) & 0x1FFFU, 0U);
}

TEST(GemmData, Int8IsEvenOverMinus127To127AndNeverMinus128) {
  std::uint64_t const key = gemm_key(7, GemmMatrix::a);
  std::array<int, 256> seen{};
  double mean = 0, square = 0;
  for (std::uint64_t i = 0; i < samples; ++i) {
    int const value = gemm_int8(key, i);
    ++seen[static_cast<std::size_t>(value + 128)];
    mean += static_cast<double>(value) / samples;
    square += static_cast<double>(value * value) / samples;
  }
  EXPECT_EQ(seen[0], 0);
  for (std::size_t i = 1; i < seen.size(); ++i)
    EXPECT_NEAR(seen[i], samples / 255, 350) << i;  // 5.6 deviations
  EXPECT_NEAR(mean, 0, 0.4);
  EXPECT_NEAR(std::sqrt(square), gemm_spread(GemmType::int8, GemmDist::normal), 0.3);
}

TEST(GemmData, Fp8UsesItsWholeRangeAndDoesNotSaturate) {
  std::uint64_t const key = gemm_key(7, GemmMatrix::b);
  double largest = 0, square = 0, wide_square = 0;
  for (std::uint64_t i = 0; i < samples; ++i) {
    auto const value = static_cast<double>(from_e4m3(gemm_e4m3(key, i)));
    auto const wide = static_cast<double>(from_e5m2(gemm_e5m2(key, i)));
    ASSERT_NEAR(value, static_cast<double>(gemm_normal(key, i) * e4m3_scale), std::abs(value) / 15 + 0x1p-10);
    ASSERT_NEAR(wide, static_cast<double>(gemm_normal(key, i) * e5m2_scale), std::abs(wide) / 7 + 0x1p-17);
    largest = std::max(largest, std::abs(value));
    square += value * value / samples;
    wide_square += wide * wide / samples;
  }
  EXPECT_GE(largest, 320);
  EXPECT_LE(largest, 448);
  EXPECT_NEAR(std::sqrt(square) / gemm_spread(GemmType::fp8_e4m3, GemmDist::normal), 1, 0.01);
  EXPECT_NEAR(std::sqrt(wide_square) / gemm_spread(GemmType::fp8_e5m2, GemmDist::normal), 1, 0.01);
}

constexpr GemmType operand_types[] = {GemmType::fp64, GemmType::fp32, GemmType::tf32,     GemmType::fp16,
                                      GemmType::bf16, GemmType::int8, GemmType::fp8_e4m3, GemmType::fp8_e5m2};

TEST(GemmData, DistributionsHoldWhatTheirNamesSayInEveryType) {
  std::uint64_t const key = gemm_key(7, GemmMatrix::a);
  for (auto const type : operand_types) {
    std::set<double> integers;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      integers.insert(gemm_element(type, key, i, GemmDist::integers));
      ASSERT_EQ(gemm_element(type, key, i, GemmDist::constant), 1) << name(type);
      ASSERT_EQ(gemm_element(type, key, i, GemmDist::zeros), 0) << name(type);
    }
    EXPECT_EQ(integers, (std::set<double>{-2, -1, 0, 1, 2})) << name(type);
  }
}

TEST(GemmData, TheSpreadOfEveryDistributionIsTheDocumentedOne) {
  std::uint64_t const key = gemm_key(9, GemmMatrix::b);
  for (auto const type : operand_types) {
    for (auto const dist : {GemmDist::normal, GemmDist::uniform, GemmDist::integers, GemmDist::constant}) {
      double square = 0;
      for (std::uint64_t i = 0; i < 100'000; ++i) {
        double const value = gemm_element(type, key, i, dist);
        square += value * value / 100'000;
      }
      EXPECT_NEAR(std::sqrt(square) / gemm_spread(type, dist), 1, 0.01) << name(type) << " " << name(dist);
    }
    EXPECT_EQ(gemm_spread(type, GemmDist::zeros), 0);
  }
}

// Every 16-bit pattern is its own nearest; between two neighbours the nearer wins, and a tie goes to the even
// one.
TEST(Float16, RoundingIsToNearestEvenOverTheWholeRange) {
  for (std::uint32_t pattern = 0; pattern < 0x7C00; ++pattern) {
    auto const half = static_cast<std::uint16_t>(pattern);
    ASSERT_EQ(to_fp16(from_fp16(half)), half);
    ASSERT_EQ(to_fp16(-from_fp16(half)), half | 0x8000);
    if (pattern + 1 == 0x7C00) break;
    float const low = from_fp16(half), high = from_fp16(static_cast<std::uint16_t>(pattern + 1));
    float const middle = low + (high - low) / 2;
    ASSERT_EQ(to_fp16(middle), pattern % 2 == 0 ? pattern : pattern + 1);
    ASSERT_EQ(to_fp16(std::nextafter(middle, high)), pattern + 1);
    ASSERT_EQ(to_fp16(std::nextafter(middle, low)), pattern);
  }
}

TEST(Float16, BrainFloatRoundsToNearestEvenOverTheWholeRange) {
  for (std::uint32_t pattern = 0; pattern < 0x7F7F; ++pattern) {
    auto const brain = static_cast<std::uint16_t>(pattern);
    ASSERT_EQ(to_bf16(from_bf16(brain)), brain);
    float const middle = float_of(pattern << 16 | 0x8000U);
    ASSERT_EQ(to_bf16(middle), pattern % 2 == 0 ? pattern : pattern + 1);
    ASSERT_EQ(to_bf16(float_of(bits_of(middle) + 1)), pattern + 1);
    ASSERT_EQ(to_bf16(float_of(bits_of(middle) - 1)), pattern);
  }
}

TEST(Float16, LargeInfiniteAndNaNKeepTheirMeaning) {
  float const infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(to_fp16(65519.0F), 0x7BFF);
  EXPECT_EQ(to_fp16(65520.0F), 0x7C00);
  EXPECT_EQ(to_fp16(-infinity), 0xFC00);
  EXPECT_EQ(to_bf16(infinity), 0x7F80);
  EXPECT_EQ(from_fp16(0x7C00), infinity);
  EXPECT_TRUE(std::isnan(from_fp16(to_fp16(std::nanf("")))));
  EXPECT_TRUE(std::isnan(from_bf16(to_bf16(float_of(0x7F800001U)))));
  EXPECT_TRUE(std::isnan(to_tf32(std::nanf(""))));
  EXPECT_EQ(to_fp16(0x1p-24F), 1);
  EXPECT_EQ(to_fp16(0x1p-25F), 0);
  EXPECT_EQ(to_tf32(1.0F + 0x1p-11F), 1.0F);
  EXPECT_EQ(to_tf32(1.0F + 0x1.8p-10F), 1.0F + 0x1p-9F);
}

}  // namespace
}  // namespace muster
