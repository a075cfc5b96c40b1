#include "harness/analyze/verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster {
namespace {

using testing::HasSubstr;

CaseComparison with(double low, double ratio, double high, double q, std::size_t launches = 10) {
  CaseComparison one;
  one.base.launches.assign(launches, 100);
  one.candidate.launches.assign(launches, 100 * ratio);
  one.base.launches.back() = 101;
  one.ratio = ratio;
  one.ratio_interval = Interval{low, high};
  one.margin = 0.02;
  one.p = one.q = q;
  one.worse = ratio < 1;
  return one;
}

CaseVerdict verdict(CaseComparison one) {
  decide(one, 0.05, 0.05);
  return one.verdict;
}

TEST(Verdict, BeyondTheMarginAndShown) {
  EXPECT_EQ(verdict(with(0.95, 0.96, 0.97, 0.01)), CaseVerdict::regressed);
  EXPECT_EQ(verdict(with(1.03, 1.04, 1.05, 0.01)), CaseVerdict::improved);
}

TEST(Verdict, AcrossTheMarginAndShown) {
  EXPECT_EQ(verdict(with(0.97, 0.98, 0.99, 0.01)), CaseVerdict::slower);
  EXPECT_EQ(verdict(with(1.01, 1.02, 1.03, 0.01)), CaseVerdict::faster);
}

TEST(Verdict, WithinTheMargin) {
  EXPECT_EQ(verdict(with(0.985, 0.99, 0.995, 0.01)), CaseVerdict::small);
  EXPECT_EQ(verdict(with(0.985, 0.99, 0.995, 0.2)), CaseVerdict::equivalent);
  EXPECT_EQ(verdict(with(0.99, 1, 1.01, 1)), CaseVerdict::equivalent);
}

TEST(Verdict, WhatTheFamilyDoesNotLetPassIsSuspect) {
  EXPECT_EQ(verdict(with(0.95, 0.96, 0.97, 0.06)), CaseVerdict::suspect);
  EXPECT_EQ(verdict(with(0.97, 0.98, 0.99, 0.06)), CaseVerdict::suspect);
}

TEST(Verdict, AnIntervalThatHoldsEverythingSaysNothing) {
  EXPECT_EQ(verdict(with(0.97, 1, 1.03, 0.01)), CaseVerdict::inconclusive);
}

TEST(Verdict, ThreeLaunchesNeverSayAnything) {
  EXPECT_EQ(verdict(with(0.5, 0.5, 0.5, 0, 3)), CaseVerdict::inconclusive);
  EXPECT_EQ(verdict(with(1, 1, 1, 1, 3)), CaseVerdict::inconclusive) << "not even that nothing changed";
  EXPECT_EQ(verdict(with(0.5, 0.5, 0.5, 0, 4)), CaseVerdict::regressed);
}

TEST(Verdict, AMarginOfNothingMakesEveryShownChangeCount) {
  auto one = with(0.985, 0.99, 0.995, 0.01);
  one.margin = 0;
  EXPECT_EQ(verdict(one), CaseVerdict::regressed);
}

TEST(Verdict, SaysHowManyMoreLaunchesWouldTell) {
  auto one = with(0.97, 1, 1.03, 1);
  one.base.launches = {99, 100, 101, 100, 98, 102};
  one.candidate.launches = one.base.launches;
  decide(one, 0.05, 0.05);
  ASSERT_TRUE(one.more_launches);
  EXPECT_THAT(one.reason, HasSubstr(std::to_string(*one.more_launches) + " more launch"));
  auto few = with(1, 1, 1, 1, 1);
  decide(few, 0.05, 0.05);
  EXPECT_THAT(few.reason, HasSubstr("1 launch (fewer than 4 show nothing)"));
  EXPECT_EQ(few.more_launches, 4);
}

TEST(Verdict, AtTheMarginNoNumberOfLaunchesTells) {
  auto one = with(0.97, 0.98, 0.99, 0.01);
  one.base.launches = {99, 100, 101, 100, 98, 102};
  decide(one, 0.05, 0.05);
  EXPECT_FALSE(one.more_launches);
  EXPECT_THAT(one.reason, HasSubstr("worse by 2 %"));
}

}  // namespace
}  // namespace muster
