// The table of stages, from figures and facts alone.
#include "harness/report/stage_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/report/result_view.hpp"

namespace muster {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

CaseResult pipeline() {
  CaseResult result;
  result.name = "dataload/pipeline/jpeg";
  result.workload = "dataload/pipeline";
  result.status = CaseStatus::ok;
  result.metric = {"throughput", "images/s", Quantity::items, Better::higher};
  LaunchFigures launch;
  launch.metric.median = 1600;
  result.launches.push_back(launch);
  result.figures = {{"read_alone", 18000, "images/s"},
                    {"read_inside", 16000, "images/s"},
                    {"read_busy", 0.1, ""},
                    {"decode_alone", 1900, "images/s"},
                    {"decode_inside", 2000, "images/s"},
                    {"decode_busy", 0.8, ""},
                    {"preprocess_alone", 9700, "images/s"},
                    {"encoded_occupancy", 0.95, ""},
                    {"encoded_empty", 0.02, ""},
                    {"encoded_full", 0.9, ""},
                    {"prepared_occupancy", 0.1, ""},
                    {"prepared_empty", 0.85, ""},
                    {"prepared_full", 0, ""},
                    {"stall_share", 0.99, ""},
                    {"batch_time_p50", 0.04, "s"},
                    {"batch_time_p99", 0.06, "s"},
                    {"batch_time_max", 0.1, "s"},
                    {"cpu_cores", 1.95, ""},
                    {"bottleneck_limit", 1650, "images/s"},
                    {"without_bottleneck", 9700, "images/s"},
                    {"without_bottleneck_factor", 6.06, ""},
                    {"article_demand", 277.8e6, "B/s"},
                    {"article_images", 2500, "images/s"},
                    {"article_share_sustained", 0.64, ""}};
  result.facts = {{"bottleneck", "decode"}, {"bottleneck_reason", "why"}, {"next_bottleneck", "preprocess"}};
  return result;
}

TEST(StageTable, HasARowForEachStageWithTheQueueBeforeIt) {
  Document document;
  document.cases.push_back(pipeline());
  auto const table = stage_table(document);
  ASSERT_EQ(table.columns.size(), 5u);
  EXPECT_EQ(table.rows[1], std::vector<std::string>{"  dataload/pipeline/jpeg"});
  EXPECT_EQ(table.rows[2],
            (std::vector<std::string>{"    read", "18,000 images/s", "16,000 images/s", "10 %", ""}));
  EXPECT_EQ(table.rows[3],
            (std::vector<std::string>{"    decode", "1,900 images/s", "2,000 images/s", "80 %",
                                      "encoded: 95 % filled, empty 2 % of the time, full 90 %"}));
  EXPECT_EQ(table.rows[4], (std::vector<std::string>{"    preprocess", "9,700 images/s", "", "", ""}));
}

TEST(StageTable, SaysWhatHoldsItUpAndWhatRemovingItGives) {
  Document document;
  document.cases.push_back(pipeline());
  EXPECT_THAT(
      result_text(document),
      AllOf(HasSubstr("bottleneck: decode (why); limit 1,650 images/s; without it preprocess would allow "
                      "9,700 images/s, 6.1 times as much"),
            HasSubstr("batches: 40.00 ms median, 60.00 ms p99, 100.0 ms longest; the consumer waits 99 %"),
            HasSubstr("prepared: 10 % filled"), HasSubstr("1.95 CPU cores"),
            HasSubstr("gets 277.8 MB/s = 2,500 images/s of this set"), HasSubstr("this pipeline 64 %")));
}

TEST(StageTable, OfATrainingStepHasItsUtilisationAndTheConsumersQueue) {
  auto training = pipeline();
  training.figures.push_back({"consumer_inside", 900, "images/s"});
  training.figures.push_back({"accelerator_utilisation", 0.853, ""});
  training.figures.push_back({"expected_utilisation", 0.9, ""});
  Document document;
  document.cases.push_back(training);
  EXPECT_THAT(
      result_text(document),
      AllOf(HasSubstr("utilisation (DLIO's formula): 85.3 %, BELOW the 90 % that MLPerf Storage asks for"),
            Not(HasSubstr("time; prepared"))));
  auto const table = stage_table(document);
  EXPECT_EQ(table.rows[5].back(), "prepared: 10 % filled, empty 85 % of the time, full 0 %");
}

TEST(StageTable, ABottleneckThatHidesAnotherSaysSo) {
  auto hidden = pipeline();
  std::ranges::find(hidden.figures, std::string("without_bottleneck_factor"), &Figure::name)->value = 1.01;
  Document document;
  document.cases.push_back(hidden);
  EXPECT_THAT(result_text(document), HasSubstr("9,700 images/s, no more than now"));
}

TEST(StageTable, IsEmptyWithoutStagesAndForAFailedCase) {
  Document document;
  document.cases.push_back(pipeline());
  document.cases[0].status = CaseStatus::wrong;
  EXPECT_THAT(stage_table(document).rows, IsEmpty());
  document.cases[0] = pipeline();
  document.cases[0].facts.clear();
  EXPECT_THAT(stage_table(document).rows, IsEmpty());
}

TEST(ResultRows, HaveTheBottleneckForPrograms) {
  Document document;
  document.cases.push_back(pipeline());
  auto const table = result_rows(document);
  auto const cell = [&](std::string const& title) {
    auto const found = std::ranges::find(table.columns, title, &Column::title);
    return table.rows[0].at(static_cast<std::size_t>(found - table.columns.begin()));
  };
  EXPECT_EQ(cell("bottleneck"), "decode");
  EXPECT_EQ(cell("without_bottleneck"), "9700");
  EXPECT_EQ(cell("stall_share"), "0.99");
  EXPECT_EQ(cell("batch_time_p99"), "0.06");
  EXPECT_EQ(cell("cpu_cores"), "1.95");
  EXPECT_EQ(cell("accelerator_utilisation"), "");
}

}  // namespace
}  // namespace muster
