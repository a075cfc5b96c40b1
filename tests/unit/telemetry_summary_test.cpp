// From pulses and counters to what the document says of a device.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/record/telemetry.hpp"

namespace muster {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

Reading pulse(double seconds, double mhz, double watts, std::vector<std::string> reasons = {}) {
  Reading reading;
  reading.seconds = seconds;
  reading.state.clock_hz = mhz * 1e6;
  reading.state.power_watts = watts;
  reading.state.throttle_reasons = std::move(reasons);
  return reading;
}

RankRecord watched() {
  RankRecord record;
  record.conditions.readings = {pulse(0.0, 1410, 300), pulse(0.1, 1410, 400, {"sw_power_cap"}),
                                pulse(0.2, 1200, 400, {"sw_power_cap"}), pulse(0.3, 1400, 380)};
  record.conditions.window_seconds = 0.4;
  record.sample_seconds = {0.05, 0.05, 0.05, 0.05};
  record.conditions.sample_ends = {0.06, 0.16, 0.26, 0.36};
  return record;
}

TEST(TelemetrySummary, ADeviceThatTellsNothingHasNone) { EXPECT_FALSE(telemetry_of(RankRecord{})); }

TEST(TelemetrySummary, GivesRangesOfSensors) {
  auto const summary = telemetry_of(watched()).value();
  EXPECT_EQ(summary.readings, 4u);
  EXPECT_NEAR(summary.readings_hz, 10, 1e-9);
  ASSERT_TRUE(summary.clock_hz);
  EXPECT_DOUBLE_EQ(summary.clock_hz->min, 1200e6);
  EXPECT_DOUBLE_EQ(summary.clock_hz->median, 1405e6);
  EXPECT_DOUBLE_EQ(summary.clock_hz->max, 1410e6);
  EXPECT_FALSE(summary.temperature_c);
}

TEST(TelemetrySummary, WithoutCountersEachPulseStandsForTheTimeToTheNext) {
  auto const summary = telemetry_of(watched()).value();
  ASSERT_EQ(summary.throttled_seconds.size(), 1u);
  EXPECT_EQ(summary.throttled_seconds[0].first, "sw_power_cap");
  EXPECT_NEAR(summary.throttled_seconds[0].second, 0.2, 1e-12);
}

TEST(TelemetrySummary, CountersCountBetterThanPulses) {
  auto record = watched();
  record.before.throttled_seconds = {{"power", 100.0}, {"thermal", 5.0}};
  record.after.throttled_seconds = {{"power", 100.25}, {"thermal", 5.0}};
  EXPECT_THAT(telemetry_of(record)->throttled_seconds, ElementsAre(Pair("power", 0.25)));
}

// The second sample contains the first throttled pulse, the third the second one; the fourth contains a pulse
// without.
TEST(TelemetrySummary, TagsTheSamplesThatWereThrottled) {
  EXPECT_EQ(telemetry_of(watched())->throttled_samples, 2u);
}

TEST(TelemetrySummary, AShortSampleBetweenPulsesTakesTheOneBefore) {
  auto record = watched();
  record.sample_seconds = {0.01, 0.01};
  record.conditions.sample_ends = {0.05, 0.15};
  EXPECT_EQ(telemetry_of(record)->throttled_samples, 1u);
}

TEST(TelemetrySummary, AClockThatSomebodySetIsNoThrottling) {
  auto record = watched();
  for (auto& reading : record.conditions.readings)
    reading.state.throttle_reasons = {"application_clocks_setting"};
  EXPECT_EQ(telemetry_of(record)->throttled_samples, 0u);
}

TEST(TelemetrySummary, EnergyComesFromTheCounterAndElsePowerFromPulses) {
  auto record = watched();
  EXPECT_DOUBLE_EQ(telemetry_of(record)->mean_watts.value(), 370);
  record.before.energy_joules = 1000;
  record.after.energy_joules = 1160;
  EXPECT_DOUBLE_EQ(telemetry_of(record)->energy_joules.value(), 160);
  EXPECT_DOUBLE_EQ(telemetry_of(record)->mean_watts.value(), 370) << "0.4 s are too short for a counter";
  record.conditions.window_seconds = 4;
  EXPECT_DOUBLE_EQ(telemetry_of(record)->mean_watts.value(), 40);
  record.conditions.regime = "cold";
  EXPECT_DOUBLE_EQ(telemetry_of(record)->mean_watts.value(), 370) << "evictions take energy too";
}

TEST(TelemetrySummary, ACounterThatWasSetBackSaysNothing) {
  auto record = watched();
  record.before.corrected_errors = 9;
  record.after.corrected_errors = 3;
  record.before.nvlink_errors = 1;
  record.after.nvlink_errors = 4;
  EXPECT_FALSE(telemetry_of(record)->corrected_errors);
  EXPECT_EQ(telemetry_of(record)->nvlink_errors, 3u);
}

// Two bursts of one sample each, and a second of rest at an idle clock between them.
TEST(TelemetrySummary, OfBurstsLeavesOutTheRestsBetweenThem) {
  RankRecord record;
  record.conditions.regime = "burst";
  record.sample_seconds = {0.2, 0.2};
  record.conditions.sample_ends = {1.2, 2.4};
  record.conditions.readings = {pulse(0.5, 210, 60), pulse(1.1, 1410, 390), pulse(1.7, 210, 60),
                                pulse(2.3, 1400, 395), pulse(2.5, 210, 70)};
  EXPECT_DOUBLE_EQ(measured_clock(record).value(), 1405e6);
  EXPECT_DOUBLE_EQ(telemetry_of(record)->clock_hz->min, 1400e6);
  record.conditions.regime = "sustained";
  EXPECT_DOUBLE_EQ(measured_clock(record).value(), 210e6);
}

TEST(TelemetrySummary, TheMeasuredClockIsThePulsesMedian) {
  EXPECT_DOUBLE_EQ(measured_clock(watched()).value(), 1405e6);
  RankRecord unwatched;
  EXPECT_FALSE(measured_clock(unwatched));
  unwatched.before.clock_hz = 1.2e9;
  EXPECT_DOUBLE_EQ(measured_clock(unwatched).value(), 1.2e9);
}

}  // namespace
}  // namespace muster
