// What NVML's answers become, in each of the stand-in's scenarios.
#include <gmock/gmock.h>

#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

class TelemetryTest : public StandinTest {
 protected:
  DeviceState state(char const* scenario) {
    environment_.set("MUSTER_STANDIN_NVML", scenario);
    device_.reset();
    return device().state();
  }
  Environment environment_{};
};

TEST_F(TelemetryTest, AHealthyGpuTellsItsState) {
  auto const now = state("healthy");
  EXPECT_EQ(now.clock_hz, 1e9);
  EXPECT_EQ(now.memory_clock_hz, 1e9);
  EXPECT_EQ(now.power_watts, 250.5);
  EXPECT_EQ(now.temperature_c, 45);
  EXPECT_THAT(now.throttle_reasons, IsEmpty());  // idle is none
  EXPECT_EQ(now.uncorrected_errors, 0U);
  EXPECT_EQ(now.other_processes, 0);
}

TEST_F(TelemetryTest, AThrottledOneNamesItsReasonsAndClock) {
  auto const now = state("throttling");
  EXPECT_EQ(now.clock_hz, 0.5e9);
  EXPECT_EQ(now.temperature_c, 91);
  EXPECT_THAT(now.throttle_reasons, ElementsAre("sw_power_cap", "hw_thermal_slowdown"));
}

TEST_F(TelemetryTest, MemoryErrorsAndOtherProcessesAreCounted) {
  EXPECT_EQ(state("ecc").uncorrected_errors, 3U);
  EXPECT_EQ(state("crowded").other_processes, 2);
}

TEST_F(TelemetryTest, QueriesThatFailLeaveTheirFiguresOut) {
  auto const now = state("failing");
  EXPECT_FALSE(now.clock_hz || now.power_watts || now.temperature_c || now.uncorrected_errors ||
               now.other_processes);
  EXPECT_THAT(now.throttle_reasons, IsEmpty());
}

TEST_F(TelemetryTest, WithoutNvmlTheDeviceWorksAndSaysNothing) {
  for (auto const* scenario : {"broken", "nodevices"}) {
    EXPECT_FALSE(state(scenario).clock_hz) << scenario;
    EXPECT_THAT(device().info().facts, Not(Contains(Key("driver")))) << scenario;
    EXPECT_FALSE(device().link_bandwidth()) << scenario;
  }
}

TEST_F(TelemetryTest, OneFunctionThatFailsCostsOnlyItsOwnFigure) {
  (void)device();
  Fail const no_power("nvmlDeviceGetPowerUsage:*:3");  // NVML_ERROR_NOT_SUPPORTED
  auto const now = device().state();
  EXPECT_FALSE(now.power_watts);
  EXPECT_EQ(now.clock_hz, 1e9);
}

TEST_F(TelemetryTest, FactsTellDriverClocksAndLinks) {
  auto const facts = device().info().facts;
  EXPECT_THAT(facts, Contains(Pair("driver", "580.00-standin")));
  EXPECT_THAT(facts, Contains(Pair("power_limit_watts", "300")));
  EXPECT_THAT(facts, Contains(Pair("ecc", "on")));
  EXPECT_THAT(facts, Contains(Pair("mig", "off")));
  EXPECT_THAT(facts, Contains(Pair("nvlink", "4 active, version 3")));
  EXPECT_THAT(facts, Contains(Pair("pcie", "gen 4 x16 at most, gen 1 x16 when asked")));
}

}  // namespace
}  // namespace muster::standin
