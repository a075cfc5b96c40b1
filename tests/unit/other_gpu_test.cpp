#include "harness/project/other_gpu.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace muster::project {
namespace {

StepPremise measured() {
  StepPremise step;
  step.forward = 0.03;
  step.backward = 0.06;
  step.optimiser = 0.01;
  step.measured = {0.12};
  return step;
}

GpuPart described(double peak, double memory) {
  GpuPart gpu;
  gpu.fp16_peak = {peak, "test"};
  gpu.memory_bandwidth = Stated{memory, "test"};
  return gpu;
}

Datasheet const h100{"H100 80GB HBM3", 989, 1830, 3350};

TEST(OtherGpu, TheSameOneChangesNoTime) {
  auto const same = on_other_gpu(measured(), h100, described(989e12, 3350e9));
  EXPECT_DOUBLE_EQ(same.backward, 0.06);
}

TEST(OtherGpu, IsBetweenItsPeakAndItsMemory) {
  auto const slower = on_other_gpu(measured(), h100, described(312e12, 2039e9));
  double const products = 989.0 / 312, memory = 3350.0 / 2039;
  EXPECT_NEAR(slower.forward, 0.03 * std::sqrt(products * memory), 1e-12);
  EXPECT_NEAR(slower.optimiser, 0.01 * memory, 1e-12);
  double const reach = std::exp(1.2816 * slower.compute_doubt) * std::sqrt(products * memory);
  EXPECT_GT(reach, products);
  EXPECT_LT(reach, 1.05 * products);
}

TEST(OtherGpu, IsNotWhatWasMeasured) {
  EXPECT_TRUE(on_other_gpu(measured(), h100, described(312e12, 2039e9)).measured.empty());
}

TEST(OtherGpu, WithoutAMemoryRateItsPeakCounts) {
  GpuPart gpu = described(494.5e12, 1);
  gpu.memory_bandwidth.reset();
  EXPECT_NEAR(on_other_gpu(measured(), h100, gpu).optimiser, 0.02, 1e-12);
}

}  // namespace
}  // namespace muster::project
