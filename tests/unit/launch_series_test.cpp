// Launches that are timed together: what is recorded, and what the clock sees.
#include "kernels/contract/launch_series.hpp"

#include <gtest/gtest.h>

#include "kernels/gemm/launch_timer.hpp"
#include "tests/unit/fakes.hpp"

namespace muster {
namespace {

struct Series {
  explicit Series(std::uint64_t period, bool recordable = true, double seconds = 1e-5)
      : series(
            device,
            [this, seconds] {
              ++launches;
              device.advance(seconds);
            },
            period, recordable) {
    device.records = true;
  }
  FakeDevice device;
  int launches = 0;
  LaunchSeries series;
};

TEST(LaunchSeries, IsOneLaunchBeforeItIsSettled) {
  Series one(4);
  one.series.enqueue();
  EXPECT_EQ(one.launches, 1);
  EXPECT_FALSE(one.series.recorded());
}

TEST(LaunchSeries, RecordsWholePeriodsAndAsManyLaunchesAsAreWanted) {
  Series threes(3);
  EXPECT_EQ(threes.series.settle(10, 1e-5), 12U);
  EXPECT_TRUE(threes.series.recorded());
  EXPECT_EQ(threes.launches, 12) << "the recording itself";
  threes.series.enqueue();
  EXPECT_EQ(threes.launches, 12);
  EXPECT_EQ(threes.device.launches_of_recordings, 1);
}

TEST(LaunchSeries, RepeatsARecordingOf256AndAFewMore) {
  Series sevens(7);
  EXPECT_EQ(sevens.series.settle(1000, 1e-5), 4U * 259);
  sevens.series.enqueue();
  EXPECT_EQ(sevens.device.launches_of_recordings, 4);
}

TEST(LaunchSeries, LongSingleAndCountedLaunchesAreMadeOneByOne) {
  Series longer(2), single(2), counted(2, false);
  EXPECT_EQ(longer.series.settle(9, 50e-6), 9U);
  EXPECT_EQ(single.series.settle(1, 1e-6), 1U);
  EXPECT_EQ(counted.series.settle(9, 1e-6), 9U);
  for (auto* const each : {&longer, &single, &counted}) {
    EXPECT_FALSE(each->series.recorded());
    EXPECT_EQ(each->launches, 0);
  }
  longer.series.enqueue();
  EXPECT_EQ(longer.launches, 9);
}

TEST(LaunchSeries, WhatForbidsARecordingIsKept) {
  Series fault(1);
  fault.device.recording_fault = [] { return std::string("not here"); };
  EXPECT_EQ(fault.series.settle(9, 1e-6), 9U);
  EXPECT_EQ(fault.series.obstacle(), "not here");
  fault.series.enqueue();
  EXPECT_EQ(fault.launches, 9);
}

TEST(LaunchSeries, ADeviceWithoutRecordingsIsNoObstacle) {
  Series plain(1);
  plain.device.records = false;
  EXPECT_EQ(plain.series.settle(9, 1e-6), 9U);
  EXPECT_EQ(plain.series.obstacle(), "");
}

TEST(LaunchTimer, GivesTheTimeOfOneLaunchOnADeviceThatIsAtWork) {
  Series ten(1, true, 2e-3);
  LaunchTimer timer(ten.device);
  auto const launches = ten.series.settle(10, 2e-3);
  EXPECT_NEAR(timer.seconds(launches, [&] { ten.series.enqueue(); }), 2e-3, 1e-12);
  EXPECT_EQ(ten.device.calls, "os");
  EXPECT_GT(timer.seconds(3, [] {}), 0);
}

TEST(LaunchTimer, RegionsAreFilledWithAtLeastTwoLaunches) {
  EXPECT_EQ(launches_for(1e-3, 1e-5), 100U);
  EXPECT_EQ(launches_for(1e-3, 5), 2U);
  EXPECT_EQ(launches_for(1e-3, 1e-9), 1000U);
}

}  // namespace
}  // namespace muster
