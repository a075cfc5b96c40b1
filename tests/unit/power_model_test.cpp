#include "harness/project/power_model.hpp"

#include <gtest/gtest.h>

#include "harness/project/curve.hpp"
#include "harness/project/other_gpu.hpp"

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

TEST(Power, OfAnotherGpuIsInDoubt) {
  StepPremise step;
  step.samples = 1, step.forward = 0.1, step.ranks = 8, step.watts = 350;
  Scenario scenario = described();
  scenario.gpu.fp16_peak = {989e12, "test"};
  auto const joules = [&](StepPremise const& premise) {
    StepModel const model(premise, scenario, [](double, int, int, double) { return 0.0; });
    Basis basis{{Draw{}, Draw{}, Draw{}}};
    basis.draws[0].power = -1, basis.draws[2].power = 1;
    return projected_step(model, 1, basis).joules;
  };
  auto const own = joules(step),
             other = joules(on_other_gpu(step, {"H100", 989, 1830, 3350, 700}, scenario.gpu));
  EXPECT_DOUBLE_EQ(own.p90, own.p10);
  EXPECT_GT(other.p90, 1.01 * other.p50);
  EXPECT_LT(other.p10, 0.99 * other.p50);
}

TEST(Power, NobodyMeasuredIsUnknown) {
  EXPECT_FALSE(training_watts(StepPremise{}, described(), 1).has_value());
  EXPECT_FALSE(full_watts(Scenario{}, 1).has_value());
}

}  // namespace
}  // namespace muster::project
