#include "harness/project/power_model.hpp"

#include <gtest/gtest.h>

namespace muster::project {
namespace {

Scenario described() {
  Scenario one;
  one.gpus = 8;
  one.gpu.watts = Stated{400, "data sheet"};
  one.node.watts = Stated{2000, "test"};
  return one;
}

TEST(Power, IsWhatGpusDrawAndNodesBeside) {
  StepPremise step;
  step.watts = 350;
  EXPECT_DOUBLE_EQ(training_watts(step, described(), 10).value(), 10 * (8 * 350 + 2000));
  EXPECT_DOUBLE_EQ(full_watts(described(), 10).value(), 10 * (8 * 400 + 2000));
}

TEST(Power, OfAnotherGpuIsAtMostTheDescribedOnes) {
  StepPremise step;
  step.watts = 700;
  EXPECT_DOUBLE_EQ(training_watts(step, described(), 1).value(), 8 * 400 + 2000);
}

TEST(Power, OnAnotherGpuIsTheSameShareOfItsDataSheet) {
  Datasheet const h100{"H100", 989, 1830, 3350, 700};
  EXPECT_DOUBLE_EQ(watts_on_other_gpu(350, h100, described().gpu).value(), 200);
  EXPECT_FALSE(watts_on_other_gpu(350, h100, GpuPart{}).has_value());
  EXPECT_FALSE(watts_on_other_gpu(350, {"a", 1, 1, 1}, described().gpu).has_value());
}

TEST(Power, NobodyMeasuredIsUnknown) {
  EXPECT_FALSE(training_watts(StepPremise{}, described(), 1).has_value());
  EXPECT_FALSE(full_watts(Scenario{}, 1).has_value());
}

}  // namespace
}  // namespace muster::project
