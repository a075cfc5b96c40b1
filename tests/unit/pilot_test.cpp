#include "harness/measure/pilot.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "harness/group/group.hpp"
#include "tests/unit/group_fakes.hpp"

namespace muster {
namespace {

Budget budget() { return {1.0, 10, 2000, 2e-3}; }

TEST(PlanSamples, LongOperationsAreTimedOneByOne) {
  auto const plan = plan_samples(0.01, budget());
  EXPECT_EQ(plan.ops_per_sample, 1u);
  EXPECT_EQ(plan.samples, 100u);
}

TEST(PlanSamples, ShortOperationsAreTimedTogether) {
  auto const plan = plan_samples(1e-6, budget());
  EXPECT_EQ(plan.ops_per_sample, 2000u);
  EXPECT_EQ(plan.samples, 500u);
}

TEST(PlanSamples, VeryLongOperationsStillGetTheLeastNumber) {
  EXPECT_EQ(plan_samples(5.0, budget()).samples, 10u);
}

TEST(PlanSamples, TheGreatestNumberHolds) {
  auto wide = budget();
  wide.seconds = 1e6;
  EXPECT_EQ(plan_samples(0.01, wide).samples, 2000u);
}

TEST(PlanSamples, NoTimeAtAllStaysFinite) {
  auto const plan = plan_samples(0, budget());
  EXPECT_EQ(plan.ops_per_sample, std::uint64_t{1} << 20);
  EXPECT_LE(plan.samples, 2000u);
}

TEST(Pilot, FindsTheOperationsOwnTime) {
  auto const group = solo_group();
  std::uint64_t calls = 0;
  auto const plan = pilot(
      [&](std::uint64_t ops) {
        ++calls;
        return 3e-6 * static_cast<double>(ops);
      },
      *group, budget());
  EXPECT_EQ(plan.ops_per_sample, 667u);  // 2 ms / 3 us, rounded up
  EXPECT_LT(calls, 12u);
}

TEST(Pilot, TheFirstCallDoesNotCount) {
  auto const group = solo_group();
  bool first = true;
  auto const plan = pilot(
      [&](std::uint64_t ops) { return std::exchange(first, false) ? 5.0 : 0.01 * static_cast<double>(ops); },
      *group, budget());
  EXPECT_EQ(plan.samples, 100u);
}

/// A group whose other rank is ten times slower: every maximum is ten times this rank's value.
class WithSlowPeer : public FirstOfTwo {
 public:
  void max(std::span<double> values) override {
    for (double& value : values) value *= 10;
  }
};

TEST(Pilot, TheSlowestRankDecidesForAll) {
  WithSlowPeer group;
  auto const plan =
      pilot([](std::uint64_t ops) { return 0.001 * static_cast<double>(ops); }, group, budget());
  EXPECT_EQ(plan.ops_per_sample, 1u);
  EXPECT_EQ(plan.samples, 100u);  // 10 ms an operation, as the peer needs
}

TEST(Pilot, EndsWhenNobodyHasAnythingToTime) {
  auto const group = solo_group();
  std::uint64_t calls = 0;
  pilot(
      [&](std::uint64_t) {
        ++calls;
        return 0.0;
      },
      *group, budget());
  EXPECT_LT(calls, 12u);
}

}  // namespace
}  // namespace muster
