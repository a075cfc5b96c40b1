// The order in which two arms take turns.
#include "harness/plan/interleave.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace muster {
namespace {

using ::testing::AnyOf;

std::string order_of(int launches, std::uint64_t seed) {
  std::vector<Arm> order;
  add_interleaved(order, launches, seed);
  std::string text;
  for (auto const arm : order) text += arm == Arm::base ? 'A' : 'B';
  return text;
}

TEST(Interleave, BothArmsHaveAsManyLaunchesAsWereAskedFor) {
  for (int launches = 0; launches < 12; ++launches) {
    auto const order = order_of(launches, 7);
    EXPECT_EQ(std::ranges::count(order, 'A'), launches);
    EXPECT_EQ(std::ranges::count(order, 'B'), launches);
  }
}

TEST(Interleave, ABlockOfFourIsTheSameForwardsAndBackwards) {
  auto const order = order_of(21, 7);
  for (std::size_t block = 0; block < 40; block += 4)
    EXPECT_THAT(order.substr(block, 4), AnyOf("ABBA", "BAAB"));
  EXPECT_THAT(order.substr(40), AnyOf("AB", "BA"));
}

TEST(Interleave, ADriftWeighsTheSameOnBothArms) {
  auto const order = order_of(10, 3);
  int places = 0;
  for (int i = 0; i < 20; ++i) places += order[static_cast<std::size_t>(i)] == 'A' ? i : -i;
  EXPECT_EQ(places, 0);
}

TEST(Interleave, TheSeedDecidesAndTheSameOneDecidesTheSame) {
  EXPECT_EQ(order_of(8, 1), order_of(8, 1));
  EXPECT_EQ(order_of(8, 1), "ABBABAABABBAABBA") << "on every machine";
  int first_a = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) first_a += order_of(1, seed) == "AB";
  EXPECT_NEAR(first_a, 200, 60) << "six standard deviations";
  int alike = 0;  // neighbouring seeds do not go together
  for (std::uint64_t seed = 0; seed < 400; ++seed) alike += order_of(1, seed) == order_of(1, seed + 1);
  EXPECT_NEAR(alike, 200, 60);
}

TEST(Interleave, MoreLaunchesContinueWhatThereIs) {
  std::vector<Arm> order;
  add_interleaved(order, 5, 9);
  auto const before = order;
  add_interleaved(order, 4, 9);
  ASSERT_EQ(order.size(), 18U);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), order.begin()));
  EXPECT_EQ(order[10], order[13]);
  EXPECT_NE(order[10], order[11]);
}

}  // namespace
}  // namespace muster
