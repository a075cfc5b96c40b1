#include "harness/plan/quantity.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace muster {
namespace {

TEST(Quantity, IsReadWithItsUnit) {
  EXPECT_DOUBLE_EQ(*parse_quantity("312TFLOP/s", Dimension::flop_rate), 312e12);
  EXPECT_DOUBLE_EQ(*parse_quantity("1.8 EFLOP/s", Dimension::flop_rate), 1.8e18);
  EXPECT_DOUBLE_EQ(*parse_quantity("1EFLOP/s", Dimension::flop_rate), 1e18);
  EXPECT_DOUBLE_EQ(*parse_quantity("1.6TB/s", Dimension::byte_rate), 1.6e12);
  EXPECT_DOUBLE_EQ(*parse_quantity("10PB", Dimension::bytes), 10e15);
  EXPECT_DOUBLE_EQ(*parse_quantity("80GiB", Dimension::bytes), 80.0 * (1 << 30));
  EXPECT_DOUBLE_EQ(*parse_quantity("6.5kW", Dimension::watts), 6500);
  EXPECT_DOUBLE_EQ(*parse_quantity("8.0", Dimension::number), 8);
}

TEST(Quantity, BitsAreEighthsOfBytes) {
  EXPECT_DOUBLE_EQ(*parse_quantity("200Gb/s", Dimension::byte_rate), 25e9);
  EXPECT_DOUBLE_EQ(*parse_quantity("200Gbit/s", Dimension::byte_rate), 25e9);
  EXPECT_DOUBLE_EQ(*parse_quantity("200GB/s", Dimension::byte_rate), 200e9);
}

TEST(Quantity, TimesHaveNoPrefixes) {
  EXPECT_DOUBLE_EQ(*parse_quantity("130ns", Dimension::seconds), 130e-9);
  EXPECT_DOUBLE_EQ(*parse_quantity("5us", Dimension::seconds), 5e-6);
  EXPECT_DOUBLE_EQ(*parse_quantity("0.3ms", Dimension::seconds), 0.3e-3);
  EXPECT_DOUBLE_EQ(*parse_quantity("5m", Dimension::seconds), 300);
  EXPECT_DOUBLE_EQ(*parse_quantity("15 min", Dimension::seconds), 900);
  EXPECT_DOUBLE_EQ(*parse_quantity("2d", Dimension::seconds), 172'800);
  EXPECT_FALSE(parse_quantity("1ks", Dimension::seconds));
}

TEST(Quantity, OfAnotherDimensionOrNoneIsNone) {
  for (auto const* text :
       {"", "GB/s", "200", "200GB", "200gb/s", "200GB/S", "200 GB/s.", "1e9B/s", "x200GB/s"})
    EXPECT_FALSE(parse_quantity(text, Dimension::byte_rate)) << text;
  EXPECT_FALSE(parse_quantity("312TFLOPS", Dimension::flop_rate));
  EXPECT_FALSE(parse_quantity("8B", Dimension::number));
}

TEST(Quantity, SignsAndInfinitiesAreTheReadersToRefuse) {
  EXPECT_DOUBLE_EQ(*parse_quantity("-5GB/s", Dimension::byte_rate), -5e9);
  EXPECT_TRUE(std::isinf(*parse_quantity("infB/s", Dimension::byte_rate)));
}

}  // namespace
}  // namespace muster
