// The fp8 formats against the numbers that their specification's tables give, over all codes.
#include "kernels/contract/float8.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace muster {
namespace {

// The value by its definition: sign, 2^(exponent - bias) (or 2^(1 - bias)), fraction.
double by_definition(unsigned code, int fraction_bits, int bias) {
  int const exponent = static_cast<int>(code & 0x7FU) >> fraction_bits;
  double const fraction =
      static_cast<double>(code & ((1U << fraction_bits) - 1)) / static_cast<double>(1U << fraction_bits);
  double const size =
      exponent == 0 ? std::ldexp(fraction, 1 - bias) : std::ldexp(1 + fraction, exponent - bias);
  return (code & 0x80U) != 0 ? -size : size;
}

struct Format {
  std::uint8_t (*encode)(float);
  float (*decode)(std::uint8_t);
  int fraction_bits, bias;
  unsigned largest;  // code
};
constexpr Format formats[] = {{to_e4m3, from_e4m3, 3, 7, 0x7E}, {to_e5m2, from_e5m2, 2, 15, 0x7B}};

TEST(Float8, EveryFiniteCodeIsItsNumberAndEncodesToItself) {
  for (auto const& format : formats) {
    for (unsigned sign : {0U, 0x80U}) {
      for (unsigned code = 0; code <= format.largest; ++code) {
        auto const bits = static_cast<std::uint8_t>(code | sign);
        double const value = by_definition(bits, format.fraction_bits, format.bias);
        ASSERT_EQ(static_cast<double>(format.decode(bits)), value) << unsigned{bits};
        ASSERT_EQ(std::signbit(format.decode(bits)), sign != 0) << unsigned{bits};
        ASSERT_EQ(format.encode(static_cast<float>(value)), bits) << value;
      }
    }
  }
}

TEST(Float8, TheSpecificationsExtremesAreThere) {
  EXPECT_EQ(from_e4m3(0x7E), 448.0F);
  EXPECT_EQ(from_e4m3(0x01), 0x1p-9F);
  EXPECT_EQ(from_e4m3(0x08), 0x1p-6F);
  EXPECT_EQ(from_e5m2(0x7B), 57344.0F);
  EXPECT_EQ(from_e5m2(0x01), 0x1p-16F);
  EXPECT_EQ(from_e5m2(0x04), 0x1p-14F);
}

TEST(Float8, InfinityAndNaNCodesAreThoseOfTheSpecification) {
  EXPECT_TRUE(std::isnan(from_e4m3(0x7F)));
  EXPECT_TRUE(std::isnan(from_e4m3(0xFF)));
  EXPECT_EQ(from_e5m2(0x7C), std::numeric_limits<float>::infinity());
  EXPECT_EQ(from_e5m2(0xFC), -std::numeric_limits<float>::infinity());
  for (unsigned code : {0x7DU, 0x7EU, 0x7FU, 0xFDU, 0xFEU, 0xFFU})
    EXPECT_TRUE(std::isnan(from_e5m2(static_cast<std::uint8_t>(code)))) << code;
}

TEST(Float8, RoundingIsToNearestEvenBetweenAllNeighbours) {
  for (auto const& format : formats) {
    for (unsigned code = 0; code < format.largest; ++code) {
      float const low = format.decode(static_cast<std::uint8_t>(code));
      float const high = format.decode(static_cast<std::uint8_t>(code + 1));
      float const middle = low + (high - low) / 2;
      ASSERT_EQ(format.encode(middle), code % 2 == 0 ? code : code + 1);
      ASSERT_EQ(format.encode(std::nextafter(middle, high)), code + 1);
      ASSERT_EQ(format.encode(std::nextafter(middle, low)), code);
      ASSERT_EQ(format.encode(-std::nextafter(middle, high)), (code + 1) | 0x80U);
    }
  }
}

TEST(Float8, WhatIsTooLargeSaturatesAndNaNStaysNaN) {
  float const infinity = std::numeric_limits<float>::infinity(), most = std::numeric_limits<float>::max();
  for (auto const& format : formats) {
    float const largest = format.decode(static_cast<std::uint8_t>(format.largest));
    for (float const value : {largest * 1.01F, largest * 1.5F, most, infinity}) {
      EXPECT_EQ(format.encode(value), format.largest) << value;
      EXPECT_EQ(format.encode(-value), format.largest | 0x80U) << value;
    }
    EXPECT_TRUE(std::isnan(format.decode(format.encode(std::nanf("")))));
    EXPECT_EQ(format.encode(std::numeric_limits<float>::denorm_min()), 0);
  }
}

}  // namespace
}  // namespace muster
