// What a device's state makes of a case's warnings.
#include "harness/record/warnings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace muster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

CaseDigest digest_of(RecordPool& pool, std::function<void(RankRecord&)> const& plant) {
  RankRecord record;
  record.status = CaseStatus::ok;
  auto healthy = DeviceState{};
  healthy.clock_hz = 1410e6;
  healthy.corrected_errors = healthy.uncorrected_errors = healthy.pcie_replays = healthy.nvlink_errors = 5;
  healthy.pcie_width = healthy.pcie_max_width = 16;
  healthy.nvlinks_active = healthy.nvlinks_present = 12;
  healthy.remap_pending = healthy.remap_failed = false;
  record.before = record.after = healthy;
  plant(record);
  return Digester(pool, false).digest({0, 0, "node1", {record}}, nullptr);
}

std::vector<std::string> warnings_of(std::function<void(RankRecord&)> const& plant) {
  RecordPool pool;
  auto const digest = digest_of(pool, plant);
  return case_warnings({&digest.ranks.at(0)});
}

std::vector<std::string> taints_of(std::function<void(RankRecord&)> const& plant) {
  RecordPool pool;
  auto const digest = digest_of(pool, plant);
  return case_taints({&digest.ranks.at(0)});
}

TEST(Warnings, AHealthyDeviceGivesNone) {
  EXPECT_THAT(warnings_of([](RankRecord&) {}), IsEmpty());
}

struct Trouble {
  char const* name;
  std::function<void(RankRecord&)> plant;
  char const* warning;
  bool taints = true;
};

std::vector<Trouble> const& troubles() {
  static std::vector<Trouble> const list{
      {"ThrottledOnlyInBetween",
       [](RankRecord& r) {
         r.conditions.readings = {{0.1, {}}};
         r.conditions.readings[0].state.throttle_reasons = {"hw_thermal_slowdown"};
       },
       "throttled: hw_thermal_slowdown"},
      {"ClockSetByHand", [](RankRecord& r) { r.before.throttle_reasons = {"application_clocks_setting"}; },
       "clock limited by settings: application_clocks_setting", false},
      {"AtItsPowerLimit", [](RankRecord& r) { r.after.throttle_reasons = {"sw_power_cap"}; },
       "throttled: sw_power_cap", false},
      {"OtherProcesses", [](RankRecord& r) { r.after.other_processes = 2; },
       "other processes used the device"},
      {"UncorrectedErrors", [](RankRecord& r) { r.after.uncorrected_errors = 6; },
       "uncorrected memory errors rose"},
      {"CorrectedErrors", [](RankRecord& r) { r.after.corrected_errors = 9; },
       "corrected memory errors rose"},
      {"RemapPending", [](RankRecord& r) { r.after.remap_pending = true; }, "waits to be remapped"},
      {"RemapFailed", [](RankRecord& r) { r.after.remap_failed = true; },
       "could not be remapped (replace the device)"},
      {"NarrowPcie", [](RankRecord& r) { r.after.pcie_width = 8; },
       "PCIe runs x8 where GPU and slot allow x16", false},
      {"NvlinkDown", [](RankRecord& r) { r.after.nvlinks_active = 11; }, "1 of 12 NVLinks are down", false},
      {"NvlinkErrors", [](RankRecord& r) { r.after.nvlink_errors = 6; }, "NVLink errors rose", false},
      {"PcieReplays", [](RankRecord& r) { r.after.pcie_replays = 6; }, "PCIe replays rose", false},
      {"NotSteady",
       [](RankRecord& r) {
         r.conditions.soak = {30, false, "the temperature rose by 4 C"};
       },
       "sampled before the device was steady: the temperature rose by 4 C", false},
  };
  return list;
}

class DeviceTrouble : public ::testing::TestWithParam<Trouble> {};

TEST_P(DeviceTrouble, IsNamed) {
  EXPECT_THAT(warnings_of(GetParam().plant), ElementsAre(HasSubstr(GetParam().warning)));
}

TEST_P(DeviceTrouble, TaintsTheFiguresWhereTheyAreNoLongerOfAHealthyIdleDevice) {
  auto const taints = taints_of(GetParam().plant);
  if (GetParam().taints) {
    EXPECT_THAT(taints, ElementsAre(HasSubstr(GetParam().warning)));
  } else {
    EXPECT_THAT(taints, IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Warnings, DeviceTrouble, ::testing::ValuesIn(troubles()),
                         [](auto const& made) { return std::string(made.param.name); });

TEST(Warnings, AHostThatTellsNothingIsNotBlamedForItsUnrest) {
  auto const warnings = warnings_of([](RankRecord& r) {
    r.before = r.after = DeviceState{};
    r.conditions.soak = {1, false, "launches became 3 % slower"};
  });
  EXPECT_THAT(warnings, IsEmpty());
}

}  // namespace
}  // namespace muster
