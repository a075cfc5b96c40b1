// The one rule by which parts are accused, point by point.
#include "harness/analyze/fleet_rule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace muster {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

PartScore everywhere(double value) { return {value, value, value, nothing}; }

/// `count` parts within 0.2 % of each other.
std::vector<PartScore> healthy(std::size_t count) {
  std::vector<PartScore> scores;
  for (std::size_t i = 0; i < count; ++i)
    scores.push_back(everywhere(0.001 * (static_cast<double>(i % 5) - 2)));
  return scores;
}

std::vector<Standing> accused(std::vector<PartScore> const& scores) {
  return standing_apart(scores, std::vector<int>(scores.size()), FleetRule::z_of_kind, 0.025);
}

TEST(FleetRule, AccusesWhoIsFarBelowInEveryHalf) {
  auto scores = healthy(40);
  scores[17] = everywhere(std::log(0.95));
  auto const found = accused(scores);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].part, 17U);
  EXPECT_NEAR(found[0].deviation, -0.05, 0.002);
  EXPECT_TRUE(found[0].reproduced);
}

TEST(FleetRule, WantsEightPeersOfTheSameModel) {
  auto scores = healthy(8);
  scores[3] = everywhere(std::log(0.9));
  EXPECT_THAT(accused(scores), SizeIs(1));
  scores.pop_back();
  EXPECT_THAT(accused(scores), IsEmpty());
  auto mixed = healthy(14);
  mixed[3] = everywhere(std::log(0.9));
  std::vector<int> models(14);
  for (std::size_t i = 7; i < 14; ++i) models[i] = 1;
  EXPECT_THAT(standing_apart(mixed, models, FleetRule::z_of_kind, 0.025), IsEmpty());
}

TEST(FleetRule, WantsMoreThanTheMargin) {
  auto scores = healthy(40);
  scores[17] = everywhere(std::log(0.98));  // z is far below -5
  EXPECT_THAT(accused(scores), IsEmpty());
}

TEST(FleetRule, WantsItToStandApart) {
  std::vector<PartScore> scores;
  for (int i = 0; i < 40; ++i) scores.push_back(everywhere(0.02 * (i % 5 - 2)));
  scores[17] = everywhere(std::log(0.93));  // among parts that differ by 8 % anyway
  EXPECT_THAT(accused(scores), IsEmpty());
}

TEST(FleetRule, SaysWhatWasNotReproduced) {
  auto scores = healthy(40);
  scores[17] = {std::log(0.95), std::log(0.9), 0, nothing};
  auto found = accused(scores);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_FALSE(found[0].reproduced);
  scores[17].odd = nothing;  // a single launch
  EXPECT_FALSE(accused(scores).at(0).reproduced);
}

TEST(FleetRule, PartsWithoutFiguresAreNoPeers) {
  auto scores = healthy(40);
  for (std::size_t i = 0; i < 33; ++i) scores[i] = everywhere(nothing);
  scores[39] = everywhere(std::log(0.5));
  EXPECT_THAT(accused(scores), IsEmpty());
}

TEST(FleetRule, ASecondResultHasItsOwnMedian) {
  auto scores = healthy(40);
  for (auto& score : scores) score.all += 0.3;
  EXPECT_EQ(below_again(scores, std::vector<int>(40), 5, 0.025), false);
  scores[5].all -= 0.05;
  EXPECT_EQ(below_again(scores, std::vector<int>(40), 5, 0.025), true);
}

}  // namespace
}  // namespace muster
