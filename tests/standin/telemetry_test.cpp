// What NVML's answers become, in each of the stand-in's scenarios.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "harness/device/nvml/processes.hpp"
#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

class TelemetryTest : public StandinTest {
 protected:
  void suffer(char const* scenario) {
    environment_.set("MUSTER_STANDIN_NVML", scenario);
    device_.reset();
    (void)device();
  }
  DeviceState state(char const* scenario) {
    suffer(scenario);
    return device().state();
  }
  /// The state when `function` cannot be asked: NVML_ERROR_NOT_SUPPORTED.
  DeviceState state_without(std::string const& function) {
    (void)device();
    Fail const refused((function + ":*:3").c_str());
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
  EXPECT_EQ(now.memory_temperature_c, 52);
  EXPECT_THAT(now.throttle_reasons, IsEmpty());  // idle is none
  EXPECT_EQ(now.corrected_errors, 0U);
  EXPECT_EQ(now.uncorrected_errors, 0U);
  EXPECT_EQ(now.remapped_corrected, 0U);
  EXPECT_EQ(now.remapped_uncorrected, 0U);
  EXPECT_EQ(now.remap_pending, false);
  EXPECT_EQ(now.remap_failed, false);
  EXPECT_EQ(now.pcie_generation, 1);
  EXPECT_EQ(now.pcie_width, 16);
  EXPECT_EQ(now.pcie_replays, 0U);
  EXPECT_EQ(now.nvlinks_active, 4);
  EXPECT_EQ(now.nvlink_errors, 0U);
  EXPECT_EQ(now.other_processes, 0);
}

TEST_F(TelemetryTest, TheEnergyCounterFollowsThePower) {
  auto const before = state("healthy").energy_joules;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  auto const after = device().state().energy_joules;
  ASSERT_TRUE(before && after);
  EXPECT_GE(*before, 1000);
  EXPECT_GE(*after - *before, 0.020 * 250.5 - 0.002);  // counted in millijoules
}

TEST_F(TelemetryTest, PulseHoldsWhatChangesFastAndNothingElse) {
  suffer("throttling,ecc,crowded");
  auto const now = device().pulse();
  EXPECT_EQ(now.clock_hz, 0.5e9);
  EXPECT_EQ(now.memory_clock_hz, 1e9);
  EXPECT_EQ(now.power_watts, 250.5);
  EXPECT_EQ(now.temperature_c, 91);
  EXPECT_EQ(now.memory_temperature_c, 52);
  EXPECT_THAT(now.throttle_reasons, ElementsAre("sw_power_cap", "hw_thermal_slowdown"));
  EXPECT_FALSE(now.energy_joules || now.corrected_errors || now.uncorrected_errors || now.remap_pending ||
               now.pcie_width || now.pcie_replays || now.nvlinks_active || now.nvlink_errors ||
               now.other_processes);
  EXPECT_THAT(now.throttled_seconds, IsEmpty());
}

TEST_F(TelemetryTest, AThrottledOneNamesItsReasonsAndClockAndCountsTheTime) {
  auto const now = state("throttling");
  EXPECT_EQ(now.clock_hz, 0.5e9);
  EXPECT_EQ(now.temperature_c, 91);
  EXPECT_THAT(now.throttle_reasons, ElementsAre("sw_power_cap", "hw_thermal_slowdown"));
  EXPECT_THAT(now.throttled_seconds,
              ElementsAre(Pair("power", 0.5), Pair("thermal", 0.25), Pair("sync_boost", 0),
                          Pair("board_limit", 0), Pair("reliability", 0), Pair("hw_thermal", 0.125)));
  auto const later = device().state();
  EXPECT_THAT(later.throttled_seconds, Contains(Pair("power", 1.0)));
  EXPECT_THAT(later.throttled_seconds, Contains(Pair("thermal", 0.5)));
}

TEST_F(TelemetryTest, ThrottlingMayBeginInTheMiddle) {
  environment_.set("MUSTER_STANDIN_NVML_AFTER", "3");
  suffer("throttling");
  std::vector<std::optional<double>> clocks;
  for (int reading = 0; reading < 5; ++reading) clocks.push_back(device().pulse().clock_hz);
  EXPECT_THAT(clocks, ElementsAre(1e9, 1e9, 1e9, 0.5e9, 0.5e9));
  EXPECT_THAT(device().pulse().throttle_reasons, Contains("sw_power_cap"));
}

TEST_F(TelemetryTest, ThrottledTimeIsKnownByFieldWhereTheFunctionIsGone) {
  suffer("throttling");
  auto const now = state_without("nvmlDeviceGetViolationStatus");
  EXPECT_THAT(now.throttled_seconds, ElementsAre(Pair("power", 2.0), Pair("hw_thermal", 0.125)));
}

TEST_F(TelemetryTest, MemoryErrorsAreCountedAndRise) {
  auto const before = state("ecc"), after = device().state();
  EXPECT_EQ(before.uncorrected_errors, 3U);
  EXPECT_EQ(before.corrected_errors, 12U);
  EXPECT_EQ(after.uncorrected_errors, 4U);
  EXPECT_EQ(after.corrected_errors, 13U);
}

TEST_F(TelemetryTest, RemappedRowsArePendingOrFailed) {
  auto const pending = state("remap");
  EXPECT_EQ(pending.remapped_corrected, 1U);
  EXPECT_EQ(pending.remapped_uncorrected, 2U);
  EXPECT_EQ(pending.remap_pending, true);
  EXPECT_EQ(pending.remap_failed, false);
  EXPECT_EQ(state("remap-failure").remap_failed, true);
}

TEST_F(TelemetryTest, HotMemoryShowsAndMemoryWithoutASensorHasNoTemperature) {
  EXPECT_EQ(state("hot").memory_temperature_c, 105);
  EXPECT_FALSE(state("no-memory-sensor").memory_temperature_c);
}

TEST_F(TelemetryTest, AFieldIsReadWhateverItsType) {
  for (auto const* type : {"0", "1", "2", "3", "4"}) {
    environment_.set("MUSTER_STANDIN_NVML_TYPE", type);
    EXPECT_EQ(state("hot").memory_temperature_c, 105) << type;
  }
  environment_.set("MUSTER_STANDIN_NVML_TYPE", "77");  // one that does not exist yet
  EXPECT_FALSE(state("hot").memory_temperature_c);
}

TEST_F(TelemetryTest, AnNvlinkThatIsDownIsMissing) {
  EXPECT_EQ(state("nvlink-down").nvlinks_active, 3);
  EXPECT_THAT(device().info().facts, Contains(Pair("nvlink", "3 of 4 active, version 3")));
  EXPECT_EQ(device().link_bandwidth()->value, 75e9);
}

TEST_F(TelemetryTest, ErrorsOnNvlinksAreSummedAndRise) {
  auto const before = state("nvlink-errors"), after = device().state();
  EXPECT_EQ(before.nvlink_errors, 2U);
  EXPECT_EQ(after.nvlink_errors, 3U);
  EXPECT_EQ(after.nvlinks_active, 4);
}

TEST_F(TelemetryTest, AGpuWithoutNvlinkHasNoFiguresOfIt) {
  auto const now = state("no-nvlink");
  EXPECT_FALSE(now.nvlinks_active || now.nvlink_errors);
  EXPECT_THAT(device().info().facts, Contains(Pair("nvlink", "0 active")));
  EXPECT_EQ(device().link_bandwidth()->name, "pcie_per_direction");
}

TEST_F(TelemetryTest, ADegradedPcieLinkShowsItsWidthAndReplays) {
  auto const before = state("pcie-degraded"), after = device().state();
  EXPECT_EQ(before.pcie_width, 8);
  EXPECT_EQ(before.pcie_replays, 7U);
  EXPECT_EQ(after.pcie_replays, 12U);
  EXPECT_THAT(device().info().facts, Contains(Pair("pcie_max_width", "16")));
}

TEST_F(TelemetryTest, OtherProcessesAreCountedHoweverManyThereAre) {
  EXPECT_EQ(state("crowded").other_processes, 2);
  EXPECT_EQ(state("mob").other_processes, 100);  // more than the first table holds
  EXPECT_FALSE(state("hidden").other_processes);
  // One process that is not this one by its number: in a container it is taken for this one all the same.
  EXPECT_EQ(state("container").other_processes, has_host_process_numbers() ? 1 : 0);
}

TEST_F(TelemetryTest, QueriesThatFailLeaveTheirFiguresOut) {
  auto const now = state("failing");
  EXPECT_FALSE(now.clock_hz || now.memory_clock_hz || now.power_watts || now.temperature_c ||
               now.memory_temperature_c || now.energy_joules || now.corrected_errors ||
               now.uncorrected_errors || now.remapped_corrected || now.remapped_uncorrected ||
               now.remap_pending || now.remap_failed || now.pcie_generation || now.pcie_width ||
               now.pcie_replays || now.nvlinks_active || now.nvlink_errors || now.other_processes);
  EXPECT_THAT(now.throttle_reasons, IsEmpty());
  EXPECT_THAT(now.throttled_seconds, IsEmpty());
  for (auto const* fact : {"driver", "vbios", "serial", "power_limit_watts", "power_reading", "ecc", "mig",
                           "persistence_mode", "compute_mode", "pcie", "pcie_max_width"}) {
    EXPECT_THAT(device().info().facts, Not(Contains(Key(fact)))) << fact;
  }
  // Without NVML's clocks the runtime's own serve.
  EXPECT_EQ(device().memory_bandwidth()->value, 256e9);
  EXPECT_EQ(device().peak_flops("fp32")->clock_hz, 1e9);
}

TEST_F(TelemetryTest, WithoutNvmlTheDeviceWorksAndSaysNothing) {
  for (auto const* scenario : {"broken", "nodevices"}) {
    EXPECT_FALSE(state(scenario).clock_hz) << scenario;
    EXPECT_FALSE(device().pulse().clock_hz) << scenario;
    EXPECT_THAT(device().info().facts, Not(Contains(Key("driver")))) << scenario;
    EXPECT_THAT(device().info().facts, Contains(Pair("telemetry", HasSubstr("none")))) << scenario;
    EXPECT_FALSE(device().link_bandwidth()) << scenario;
  }
}

TEST_F(TelemetryTest, AGpuWhoseUuidNvmlDoesNotKnowIsFoundByItsAddress) {
  EXPECT_EQ(state("slice").clock_hz, 1e9);
}

TEST_F(TelemetryTest, InstantPowerIsPreferredAndTheAveragedOneServesInstead) {
  EXPECT_THAT(device().info().facts, Contains(Pair("power_reading", "instant")));
  EXPECT_EQ(state("no-instant-power").power_watts, 240);
  EXPECT_THAT(device().info().facts, Contains(Pair("power_reading", "as averaged by the driver")));
  EXPECT_EQ(state_without("nvmlDeviceGetFieldValues").power_watts, 240);
}

// One function that fails costs only its own figure.
struct Loss {
  char const* function;
  bool (*lost)(DeviceState const&);
};
class OneFunction : public TelemetryTest, public testing::WithParamInterface<Loss> {};

TEST_P(OneFunction, ThatFailsCostsOnlyItsOwnFigure) {
  auto const with = device().state();
  EXPECT_FALSE(GetParam().lost(with));
  auto const without = state_without(GetParam().function);
  EXPECT_TRUE(GetParam().lost(without));
  int gone = 0;
  for (auto const& other :
       {without.clock_hz.has_value(), without.power_watts.has_value(), without.temperature_c.has_value(),
        without.energy_joules.has_value(), without.uncorrected_errors.has_value(),
        without.remap_pending.has_value(), without.pcie_replays.has_value(),
        without.nvlinks_active.has_value(), without.other_processes.has_value()}) {
    if (!other) ++gone;
  }
  EXPECT_LE(gone, 1);
}

INSTANTIATE_TEST_SUITE_P(
    Each, OneFunction,
    testing::Values(
        Loss{"nvmlDeviceGetClockInfo",
             [](DeviceState const& s) { return !s.clock_hz && !s.memory_clock_hz; }},
        Loss{"nvmlDeviceGetTemperature", [](DeviceState const& s) { return !s.temperature_c; }},
        Loss{"nvmlDeviceGetFieldValues", [](DeviceState const& s) { return !s.memory_temperature_c; }},
        Loss{"nvmlDeviceGetTotalEnergyConsumption", [](DeviceState const& s) { return !s.energy_joules; }},
        Loss{"nvmlDeviceGetViolationStatus",
             [](DeviceState const& s) { return s.throttled_seconds.size() < 6; }},
        Loss{"nvmlDeviceGetTotalEccErrors",
             [](DeviceState const& s) { return !s.uncorrected_errors && !s.corrected_errors; }},
        Loss{"nvmlDeviceGetRemappedRows",
             [](DeviceState const& s) { return !s.remap_pending && !s.remapped_corrected; }},
        Loss{"nvmlDeviceGetCurrPcieLinkGeneration", [](DeviceState const& s) { return !s.pcie_generation; }},
        Loss{"nvmlDeviceGetCurrPcieLinkWidth", [](DeviceState const& s) { return !s.pcie_width; }},
        Loss{"nvmlDeviceGetPcieReplayCounter", [](DeviceState const& s) { return !s.pcie_replays; }},
        Loss{"nvmlDeviceGetNvLinkState",
             [](DeviceState const& s) { return !s.nvlinks_active && !s.nvlink_errors; }},
        Loss{"nvmlDeviceGetNvLinkErrorCounter", [](DeviceState const& s) { return !s.nvlink_errors; }},
        Loss{"nvmlDeviceGetComputeRunningProcesses_v3",
             [](DeviceState const& s) { return !s.other_processes; }}),
    [](auto const& test) { return std::string(test.param.function); });

TEST_F(TelemetryTest, ManyThreadsMayAskAtOnce) {
  suffer("throttling");
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 200; ++n) {
        auto const now = i == 0 ? device().state() : device().pulse();
        if (now.clock_hz != 0.5e9 || now.throttle_reasons.size() != 2) ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(TelemetryTest, FactsTellBoardClocksLimitsModesAndLinks) {
  auto const facts = device().info().facts;
  for (auto const& [name, text] : std::initializer_list<std::pair<char const*, char const*>>{
           {"telemetry", "NVML"},
           {"driver", "580.00-standin"},
           {"vbios", "92.00.45.00.05"},
           {"serial", "1320221000000"},
           {"board_part_number", "692-2G506-0200-003"},
           {"max_sm_clock_mhz", "1000"},
           {"max_memory_clock_mhz", "1000"},
           {"application_sm_clock_mhz", "1000"},
           {"application_memory_clock_mhz", "1000"},
           {"default_application_sm_clock_mhz", "1000"},
           {"power_limit_watts", "300"},
           {"default_power_limit_watts", "350"},
           {"min_power_limit_watts", "100"},
           {"max_power_limit_watts", "400"},
           {"ecc", "on"},
           {"mig", "off"},
           {"persistence_mode", "on"},
           {"compute_mode", "default"},
           {"pcie_max_generation", "4"},
           {"pcie_max_width", "16"},
           {"pcie", "gen 4 x16 at most, gen 1 x16 when asked"},
           {"nvlink", "4 active, version 3"}}) {
    EXPECT_THAT(facts, Contains(Pair(name, text)));
  }
}

TEST_F(TelemetryTest, FactsTellOfChangesThatWaitForARestart) {
  suffer("ecc-off-next,exclusive");
  EXPECT_THAT(device().info().facts, Contains(Pair("ecc", "on, off after a restart")));
  EXPECT_THAT(device().info().facts, Contains(Pair("compute_mode", "exclusive_process")));
}

}  // namespace
}  // namespace muster::standin
