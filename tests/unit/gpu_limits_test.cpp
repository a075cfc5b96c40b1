// Against the figures of NVIDIA's datasheets.
#include <gtest/gtest.h>

#include "harness/device/cuda/limits.hpp"

namespace muster {
namespace {

TEST(GpuLimits, TensorPeaksAreThoseOfTheDatasheets) {
  EXPECT_NEAR(peak_flops_of(8, 0, 108, 1410e6, "bf16")->value, 312e12, 0.5e12);
  EXPECT_NEAR(peak_flops_of(8, 0, 108, 1410e6, "tf32")->value, 156e12, 0.5e12);
  EXPECT_NEAR(peak_flops_of(8, 0, 108, 1410e6, "fp64")->value, 19.5e12, 0.05e12);
  EXPECT_NEAR(peak_flops_of(9, 0, 132, 1830e6, "fp16")->value, 989.4e12, 0.5e12);
  EXPECT_NEAR(peak_flops_of(9, 0, 132, 1830e6, "tf32")->value, 494.7e12, 0.5e12);
  EXPECT_NEAR(peak_flops_of(7, 0, 80, 1530e6, "fp16")->value, 125e12, 0.5e12);
}

TEST(GpuLimits, PlainPeaksAreThoseOfTheDatasheets) {
  EXPECT_NEAR(peak_flops_of(8, 0, 108, 1410e6, "fp32")->value, 19.5e12, 0.05e12);
  EXPECT_NEAR(peak_flops_of(9, 0, 132, 1980e6, "fp32")->value, 67e12, 0.2e12);
  EXPECT_EQ(peak_flops_of(9, 0, 132, 1980e6, "fp32")->name, "fma_peak_at_max_clock");
  EXPECT_EQ(peak_flops_of(9, 0, 132, 1980e6, "bf16")->name, "tensor_peak_at_max_clock");
}

TEST(GpuLimits, WhatIsNotKnownIsAbsent) {
  EXPECT_FALSE(peak_flops_of(12, 1, 48, 2e9, "bf16"));
  EXPECT_FALSE(peak_flops_of(7, 0, 80, 1530e6, "bf16"));
  EXPECT_FALSE(peak_flops_of(8, 6, 84, 1740e6, "fp16"));
  EXPECT_FALSE(memory_bandwidth_of(0, 5120));
  EXPECT_FALSE(link_bandwidth_of({}));
}

TEST(GpuLimits, MemoryBandwidthIsThatOfTheDatasheets) {
  EXPECT_NEAR(memory_bandwidth_of(1215e6, 5120)->value, 1555e9, 1e9);
  EXPECT_NEAR(memory_bandwidth_of(1593e6, 5120)->value, 2039e9, 1e9);
  EXPECT_NEAR(memory_bandwidth_of(2619e6, 5120)->value, 3352e9, 1e9);
}

TEST(GpuLimits, NvlinkCountsBeforePcie) {
  EXPECT_DOUBLE_EQ(link_bandwidth_of({12, 3, 4, 16})->value, 300e9);
  EXPECT_DOUBLE_EQ(link_bandwidth_of({18, 4, 5, 16})->value, 450e9);
  EXPECT_EQ(link_bandwidth_of({18, 4, 5, 16})->name, "nvlink_per_direction");
  EXPECT_NEAR(link_bandwidth_of({0, 0, 4, 16})->value, 31.5e9, 0.1e9);
  EXPECT_NEAR(link_bandwidth_of({0, 0, 3, 16})->value, 15.75e9, 0.05e9);
}

TEST(GpuLimits, LinksOfAnUnknownVersionAreNotGuessed) { EXPECT_FALSE(link_bandwidth_of({18, 0, 5, 16})); }

}  // namespace
}  // namespace muster
