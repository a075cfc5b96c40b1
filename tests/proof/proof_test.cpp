// Checks can fail, and they fail for what they are there for. The table of it: muster_planted_faults.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/proof/fleets.hpp"
#include "tests/proof/planted.hpp"

namespace muster::proof {
namespace {

class PlantedFault : public testing::TestWithParam<Planted> {};

TEST_P(PlantedFault, IsNamedAndNobodyElse) {
  auto const outcome = try_out(GetParam());
  EXPECT_TRUE(outcome.named) << outcome.said;
  for (auto const& other : outcome.others)
    ADD_FAILURE() << words(other.subject) << ": " << name(other.kind) << ": " << other.evidence;
}

std::string test_name(testing::TestParamInfo<Planted> const& info) {
  std::string name = "F" + std::to_string(info.index) + "_";
  for (char const c : info.param.fault) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Checks, PlantedFault, testing::ValuesIn(planted_faults()), test_name);

TEST(PlantedFaults, AreThereForEveryKindOfFinding) {
  std::set<FindingKind> planted;
  for (auto const& fault : planted_faults()) {
    if (fault.expected) planted.insert(fault.expected->kind);
  }
  for (int kind = 0; kind <= static_cast<int>(FindingKind::drift); ++kind)
    EXPECT_TRUE(planted.contains(static_cast<FindingKind>(kind))) << name(static_cast<FindingKind>(kind));
}

TEST(Fleets, HealthyOnesAreNotAccused) {
  auto const trial = try_fleets(10, [](auto seed) { return healthy_fleet(90, seed); });
  EXPECT_THAT(trial.said, testing::IsEmpty());
}

TEST(Fleets, TwentySlowGpusThreeLinksAndFlippedBitsAreNamedAlone) {
  auto const trial = try_fleets(10, [](auto seed) { return sick_fleet(90, seed); });
  EXPECT_EQ(trial.planted, 10 * 24);
  EXPECT_THAT(trial.said, testing::IsEmpty());
}

}  // namespace
}  // namespace muster::proof
