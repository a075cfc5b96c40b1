#include "harness/measure/steady.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace muster {
namespace {

using ::testing::HasSubstr;

/// A look every 0.1 s for `seconds`.
SteadyRule after(double seconds, std::function<SoakReading(double)> const& at, double window = 5) {
  SteadyRule rule(window);
  for (int i = 0; 0.1 * i <= seconds + 1e-9; ++i) {
    auto reading = at(0.1 * i);
    reading.seconds = 0.1 * i;
    rule.see(reading);
  }
  return rule;
}

SoakReading calm(double) { return {0, 1e-3, 1410e6, 65}; }

TEST(Steady, ACalmDeviceIsSteadyOnceAWholeWindowHasBeenSeen) {
  EXPECT_FALSE(after(4.9, calm).steady());
  EXPECT_THAT(after(4.9, calm).unrest(), HasSubstr("shorter than the 5 s"));
  EXPECT_TRUE(after(5.0, calm).steady());
  EXPECT_EQ(after(5.0, calm).unrest(), "");
}

TEST(Steady, NothingSeenIsNotSteady) { EXPECT_FALSE(SteadyRule(5).steady()); }

TEST(Steady, TheSensorsOwnStepIsNoWarming) {
  EXPECT_TRUE(after(6, [](double t) { return SoakReading{0, 1e-3, 1410e6, t < 3 ? 65.0 : 66.0}; }).steady());
}

TEST(Steady, AWarmingDeviceIsNot) {
  auto const rule = after(6, [](double t) { return SoakReading{0, 1e-3, 1410e6, 60 + t}; });
  EXPECT_FALSE(rule.steady());
  EXPECT_THAT(rule.unrest(), HasSubstr("temperature rose by 5 C"));
}

TEST(Steady, NorACoolingOne) {
  auto const rule = after(6, [](double t) { return SoakReading{0, 1e-3, 1410e6, 70 - t}; });
  EXPECT_THAT(rule.unrest(), HasSubstr("temperature fell by 5 C"));
}

TEST(Steady, AClockThatJumpsIsNot) {
  auto const rule = after(6, [](double t) {
    return SoakReading{0, 1e-3, static_cast<int>(10 * t) % 2 == 0 ? 1410e6 : 1350e6, 65};
  });
  EXPECT_FALSE(rule.steady());
  EXPECT_THAT(rule.unrest(), HasSubstr("the clock varied by 2."));
}

TEST(Steady, LaunchesThatBecomeSlowerAreNot) {
  auto const rule = after(6, [](double t) { return SoakReading{0, 1e-3 * (1 + 0.01 * t), {}, {}}; });
  EXPECT_FALSE(rule.steady());
  EXPECT_THAT(rule.unrest(), HasSubstr("slower"));
}

TEST(Steady, WhatHappenedBeforeTheWindowIsForgotten) {
  EXPECT_TRUE(after(12, [](double t) {
                return SoakReading{0, t < 4 ? 9e-4 : 1e-3, 1410e6, t < 4 ? 40.0 : 65.0};
              }).steady());
}

TEST(Steady, OneSlowLaunchIsNoDrift) {
  EXPECT_TRUE(after(6, [](double t) {
                return SoakReading{0, t > 4.95 && t < 5.05 ? 5e-3 : 1e-3, {}, {}};
              }).steady());
}

}  // namespace
}  // namespace muster
