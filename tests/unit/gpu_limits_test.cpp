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
  EXPECT_NEAR(peak_flops_of(9, 0, 132, 1980e6, "fp64")->value, 67e12, 0.2e12);
}

TEST(GpuLimits, EightBitPeaksAreThoseOfTheDatasheets) {
  EXPECT_NEAR(peak_flops_of(8, 0, 108, 1410e6, "int8")->value, 624e12, 0.5e12);
  EXPECT_NEAR(peak_flops_of(8, 6, 84, 1740e6, "int8")->value, 299.3e12, 0.2e12);
  EXPECT_NEAR(peak_flops_of(9, 0, 132, 1830e6, "int8")->value, 1979e12, 0.5e12);
  EXPECT_NEAR(peak_flops_of(9, 0, 132, 1830e6, "fp8")->value, 1979e12, 0.5e12);
  for (auto const* type : {"fp8_e4m3", "fp8_e5m2"}) {
    EXPECT_EQ(peak_flops_of(9, 0, 132, 1830e6, type)->value, peak_flops_of(9, 0, 132, 1830e6, "fp8")->value);
    EXPECT_FALSE(peak_flops_of(8, 0, 108, 1410e6, type));
  }
}

TEST(GpuLimits, PeaksSayTheClockTheyAssumeAndAreProportionalToIt) {
  for (auto const& rate : unit_rates) {
    auto const at = [&](double clock) {
      return *peak_flops_of(rate.major, rate.minor, 100, clock, rate.type);
    };
    EXPECT_EQ(at(1.5e9).clock_hz, 1.5e9) << rate.type;
    EXPECT_DOUBLE_EQ(at(1.5e9).value / at(1e9).value, 1.5) << rate.type;
  }
  EXPECT_EQ(memory_bandwidth_of(1593e6, 5120)->clock_hz, 0);
  EXPECT_EQ(link_bandwidth_of({12, 3, 4, 16})->clock_hz, 0);
}

TEST(GpuLimits, DatasheetFiguresAgreeWithTheUnitRatesAtTheirClock) {
  for (auto const& sheet : datasheets) {
    bool const ampere = sheet.part.starts_with("A100");
    auto const peak =
        peak_flops_of(ampere ? 8 : 9, 0, ampere ? 108 : 132, sheet.tensor_clock_mhz * 1e6, "bf16");
    EXPECT_NEAR(peak->value, sheet.bf16_tflops * 1e12, 0.5e12) << sheet.part;
  }
}

TEST(GpuLimits, DatasheetsAreFoundByTheDriversNames) {
  EXPECT_EQ(datasheet_of("NVIDIA A100-SXM4-80GB")->memory_gb_per_s, 2039);
  EXPECT_EQ(datasheet_of("A100-SXM4-40GB")->memory_gb_per_s, 1555);  // drivers before 470
  EXPECT_EQ(datasheet_of("NVIDIA H100 80GB HBM3")->bf16_tflops, 989);
  EXPECT_EQ(datasheet_of("NVIDIA H200")->memory_gb_per_s, 4800);
  for (auto const* other : {"NVIDIA H100 PCIe", "NVIDIA A100", "", "NVIDIA "})
    EXPECT_FALSE(datasheet_of(other));
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
