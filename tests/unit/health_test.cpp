#include "harness/record/health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

DeviceInfo gpu() {
  DeviceInfo info;
  info.index = 3;
  info.uuid = "GPU-3";
  return info;
}

TEST(DeviceFaults, ADeviceThatSaysNothingHasNone) { EXPECT_THAT(device_faults(gpu(), {}), IsEmpty()); }

TEST(DeviceFaults, CorrectedErrorsAndRemappedRowsAreNone) {
  DeviceState state;
  state.corrected_errors = 12;
  state.remapped_corrected = 3;
  state.uncorrected_errors = 0;
  state.remap_pending = false;
  EXPECT_THAT(device_faults(gpu(), state), IsEmpty());
}

TEST(DeviceFaults, APendingRemapNamesTheDeviceAndTheRemedy) {
  DeviceState state;
  state.remap_pending = true;
  EXPECT_THAT(
      device_faults(gpu(), state),
      ElementsAre("GPU 3, GPU-3: a row of the device's memory waits to be remapped (reset the device)"));
}

TEST(DeviceFaults, AFailedRemapOutweighsAPendingOne) {
  DeviceState state;
  state.remap_pending = true;
  state.remap_failed = true;
  EXPECT_THAT(device_faults(gpu(), state), ElementsAre(HasSubstr("replace the device")));
}

TEST(DeviceFaults, UncorrectedErrorsAreOne) {
  DeviceState state;
  state.uncorrected_errors = 2;
  EXPECT_THAT(device_faults(gpu(), state), ElementsAre(HasSubstr("2 uncorrected memory errors")));
}

}  // namespace
}  // namespace muster
