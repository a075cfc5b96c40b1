// The table of training steps, from figures and facts alone.
#include "harness/report/step_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "harness/report/result_view.hpp"
#include "tests/unit/step_fixture.hpp"

namespace muster {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Document with(CaseResult result) {
  Document document;
  document.cases.push_back(std::move(result));
  return document;
}

TEST(StepParts, AreThoseThatTakeTimeInTheOrderOfAStep) {
  auto const parts = step_parts(training_case());
  std::vector<std::string> names;
  double sum = 0;
  for (auto const& part : parts) {
    names.push_back(part.name);
    sum += part.seconds;
  }
  EXPECT_THAT(names, ElementsAre("input", "forward", "backward", "communication", "optimiser", "rest"));
  EXPECT_NEAR(sum, 0.1, 1e-12);
  EXPECT_EQ(parts[0].alone, 0.09);
  EXPECT_FALSE(parts[2].alone);
}

TEST(StepTable, HasARowForEachPartAndTheStep) {
  auto const table = step_table(with(training_case()));
  ASSERT_EQ(table.columns.size(), 5u);
  EXPECT_EQ(table.rows[0], std::vector<std::string>{"training steps"});
  EXPECT_EQ(table.rows[1], std::vector<std::string>{"  train_step/resnet-50/fp32/batch:8"});
  EXPECT_EQ(table.rows[2],
            (std::vector<std::string>{"    input", "20.00 ms", "20.0 %", "90.00 ms", "waited for"}));
  EXPECT_EQ(table.rows[5],
            (std::vector<std::string>{
                "    communication", "10.00 ms", "10.0 %", "25.00 ms",
                "waited for; 30.00 ms in all, 66.7 % hidden; sums take 20.0 % longer than alone"}));
  EXPECT_EQ(table.rows[8], (std::vector<std::string>{"    step", "100.0 ms", "", "",
                                                     "99.00 ms median, 120.0 ms p99, 200.0 ms longest"}));
}

TEST(StepTable, SaysWhatLimitsTheStep) {
  EXPECT_THAT(
      result_text(with(training_case())),
      AllOf(HasSubstr("limit: 92.00 ms if all were hidden that can be hidden (2.000 ms of it cannot); "
                      "the step takes 8.7 % longer than that; compute takes 5.0 % longer than alone"),
            HasSubstr("rates: 160 samples/s, 81,920 tokens/s, 2.000 TFLOP/s a rank, 41.0 % of the "
                      "device's peak"),
            HasSubstr("input: 9.000 MB/s a rank; without waiting for it the step would want 12.00 MB/s"),
            HasSubstr("waited for: rank 1: the others wait 5 % of the step for it"),
            HasSubstr("finding: input-bound: storage delivers 61 % of demand")));
}

TEST(StepTable, WhatIsFarLongerIsNoPercentageAndWhatSlowsComputingIsToldApart) {
  auto step = training_case();
  for (auto& figure : step.figures) {
    if (figure.name == "communication_slowdown") figure.value = 18.35;
  }
  step.figures.insert(step.figures.end(),
                      {{"compute_slowdown_by_sums", 0.02, ""}, {"compute_slowdown_by_input", 1.5, ""}});
  EXPECT_THAT(
      result_text(with(step)),
      AllOf(HasSubstr("sums take 19.4 times as long as alone"),
            HasSubstr("its backward pass beside sums 2.0 % longer than alone, beside the input 2.5 times as "
                      "long as alone")));
}

TEST(StepTable, MatricesOfRanksAndTimeAreNotPrintedAsLinks) {
  EXPECT_THAT(result_text(with(training_case())), Not(HasSubstr("the lowest of")));
  EXPECT_THAT(result_text(with(training_case())), Not(HasSubstr("timeline")));
}

TEST(StepTable, IsEmptyWithoutTrainingStepsAndForAFailedCase) {
  auto failed = training_case();
  failed.status = CaseStatus::wrong;
  EXPECT_THAT(step_table(with(failed)).rows, IsEmpty());
  auto other = training_case();
  other.figures = {{"step_mean", 1, "s"}};
  EXPECT_THAT(step_table(with(other)).rows, IsEmpty());
}

TEST(StepTable, CheckpointsAndWhatIsLeftOutAreTold) {
  auto step = training_case();
  step.figures.insert(step.figures.end(), {{"checkpoint_bytes", 1.2e9, "B"},
                                           {"checkpoint_seconds", 2, "s"},
                                           {"checkpoint_bandwidth", 0.6e9, "B/s"},
                                           {"checkpoint_cost", 0.004, "s"}});
  step.facts.emplace_back("left_out", "the parts add up to 97.0 % of the time");
  EXPECT_THAT(result_text(with(step)),
              AllOf(HasSubstr("checkpoints: 1.200 GB in 2.000 s, 600.0 MB/s; they cost 4.000 ms a step"),
                    HasSubstr("left out: the parts add up to 97.0 % of the time")));
}

TEST(ResultRows, HaveTheStepForPrograms) {
  auto const table = result_rows(with(training_case()));
  auto const cell = [&](std::string const& title) {
    auto const found = std::ranges::find(table.columns, title, &Column::title);
    return table.rows[0].at(static_cast<std::size_t>(found - table.columns.begin()));
  };
  EXPECT_EQ(cell("step"), "0.1");
  EXPECT_EQ(cell("step_input"), "0.02");
  EXPECT_EQ(cell("step_communication"), "0.01");
  EXPECT_EQ(cell("model_flop_utilisation"), "0.41");
  EXPECT_EQ(cell("finding"), "input-bound: storage delivers 61 % of demand");
}

}  // namespace
}  // namespace muster
