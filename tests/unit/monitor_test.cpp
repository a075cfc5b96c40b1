#include "harness/measure/monitor.hpp"

#include <gtest/gtest.h>

#include <atomic>

#include "kernels/contract/error.hpp"
#include "tests/unit/fakes.hpp"

namespace muster {
namespace {

using namespace std::chrono_literals;

class PulsingDevice : public FakeDevice {
 public:
  DeviceState pulse() override {
    ++pulses;
    if (pulses == fail_at) throw DeviceError("the sensor is gone");
    DeviceState state;
    if (!silent) state.clock_hz = 1000.0 * pulses;
    return state;
  }
  std::atomic<int> pulses = 0;
  int fail_at = -1;
  bool silent = false;
};

TEST(Monitor, LooksTenTimesASecondAtLeastWithStampsThatGrow) {
  PulsingDevice device;
  auto const begin = Monitor::Clock::now();
  Monitor monitor(device, begin);
  while (device.pulses < 5 && Monitor::Clock::now() - begin < 10s) std::this_thread::sleep_for(10ms);
  auto const log = monitor.take();
  ASSERT_GE(log.readings.size(), 5u);
  EXPECT_EQ(log.fault, "");
  for (std::size_t i = 1; i < log.readings.size(); ++i)
    EXPECT_GT(log.readings[i].seconds, log.readings[i - 1].seconds);
  EXPECT_EQ(log.readings.front().state.clock_hz, 1000.0);
}

TEST(Monitor, TakesALastLookAtTheEnd) {
  PulsingDevice device;
  Monitor monitor(device, Monitor::Clock::now());
  while (device.pulses < 1) std::this_thread::sleep_for(1ms);
  EXPECT_GE(monitor.take().readings.size(), 2u);
}

TEST(Monitor, ADeviceThatCannotBeAskedEndsTheWatchAndSaysWhy) {
  PulsingDevice device;
  device.fail_at = 2;
  Monitor monitor(device, Monitor::Clock::now());
  while (device.pulses < 2) std::this_thread::sleep_for(1ms);
  auto const log = monitor.take();
  EXPECT_EQ(log.fault, "the sensor is gone");
  EXPECT_EQ(log.readings.size(), 1u);
  EXPECT_EQ(device.pulses, 2);
}

TEST(Monitor, ASilentDeviceIsNotAskedAgain) {
  PulsingDevice device;
  device.silent = true;
  Monitor monitor(device, Monitor::Clock::now());
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(device.pulses, 1);
  EXPECT_TRUE(monitor.take().readings.empty());
}

}  // namespace
}  // namespace muster
