// What the cuda backend says of its devices.
#include "tests/gpu/gpu.hpp"

namespace muster {
namespace {

TEST_F(GpuTest, DevicesHaveAnIdentity) {
  for (auto const& info : backend_->devices()) {
    EXPECT_EQ(info.backend, "cuda");
    EXPECT_FALSE(info.name.empty());
    EXPECT_FALSE(info.uuid.empty());
    EXPECT_FALSE(info.pci.empty());
    EXPECT_GT(info.memory_bytes, 0U);
    EXPECT_GT(info.units, 0);
  }
}

TEST_F(GpuTest, LibrariesNameTheirVersions) { EXPECT_FALSE(backend_->versions().empty()); }

TEST_F(GpuTest, FreeMemoryIsPartOfTheMemory) {
  auto const free = device_->free_memory();
  EXPECT_GT(free, 0U);
  EXPECT_LE(free, device_->info().memory_bytes);
}

TEST_F(GpuTest, StopwatchReadsFiniteTimes) {
  auto const stopwatch = device_->stopwatch();
  stopwatch->start();
  stopwatch->stop();
  auto const seconds = stopwatch->seconds();
  EXPECT_GE(seconds, 0);
  EXPECT_LT(seconds, 60);
}

TEST_F(GpuTest, LimitsThatAreKnownArePositive) {
  for (auto const* type : {"fp64", "fp32", "tf32", "fp16", "bf16"}) {
    if (auto const bound = device_->peak_flops(type)) {
      EXPECT_GT(bound->value, 0) << type;
      EXPECT_FALSE(bound->name.empty()) << type;
    }
  }
  if (auto const bound = device_->memory_bandwidth()) {
    EXPECT_GT(bound->value, 0);
  }
}

TEST_F(GpuTest, StateIsPlausible) {
  auto const state = device_->state();
  if (state.clock_hz) {
    EXPECT_GT(*state.clock_hz, 1e7);
  }
  if (state.temperature_c) {
    EXPECT_GT(*state.temperature_c, 0);
  }
  if (state.power_watts) {
    EXPECT_GT(*state.power_watts, 0);
  }
}

TEST_F(GpuTest, DeviceThatIsNotThereIsADeviceError) {
  auto const beyond = static_cast<int>(backend_->devices().size());
  EXPECT_THROW(backend_->open({.device = beyond}), CaseError);
}

}  // namespace
}  // namespace muster
