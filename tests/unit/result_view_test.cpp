// What people see of a document: figures with their limit, and never a figure for a case that failed.
#include "harness/report/result_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

CaseResult good(std::string name, std::string workload, std::vector<double> const& medians) {
  CaseResult result;
  result.name = std::move(name);
  result.workload = std::move(workload);
  result.status = CaseStatus::ok;
  result.metric = {"flop_rate", "FLOP/s", Quantity::flops, Better::higher};
  for (double const value : medians) {
    LaunchFigures launch;
    launch.index = static_cast<int>(result.launches.size());
    launch.metric.median = value;
    result.launches.push_back(launch);
  }
  return result;
}

Document document() {
  Document document;
  document.run.version = "0.1.0";
  document.run.suite = "quick";
  document.run.planned_cases = 2;
  document.run.launches = 3;
  document.nodes.resize(1);
  document.nodes[0].name = "node17";
  return document;
}

TEST(ResultText, ShowsMedianSpreadAndLimit) {
  auto doc = document();
  doc.cases.push_back(good("gemm/fp32", "gemm", {90e9, 100e9, 110e9}));
  doc.cases[0].bound = Bound{"measured_fma_peak", 200e9, "FLOP/s"};
  doc.cases[0].percent_of_bound = 50;
  EXPECT_THAT(result_text(doc),
              AllOf(HasSubstr("compute"), HasSubstr("100.0 GFLOP/s"), HasSubstr("±10.0 %"),
                    HasSubstr("50 % of measured fma peak"), HasSubstr("all 1 cases verified")));
}

TEST(ResultText, AFailedCaseHasWordsInPlaceOfAFigure) {
  auto doc = document();
  doc.cases.push_back(good("gemm/bf16", "gemm", {77e9}));
  doc.cases[0].status = CaseStatus::wrong;
  doc.cases[0].message = "row 3 is off";
  auto const text = result_text(doc);
  EXPECT_THAT(text,
              AllOf(HasSubstr("WRONG ANSWER"), HasSubstr("row 3 is off"), HasSubstr("1 without a figure")));
  EXPECT_THAT(text, Not(HasSubstr("77")));
}

TEST(ResultText, RanksThatLieApartAreShown) {
  auto doc = document();
  doc.cases.push_back(good("gemm/bf16", "gemm", {100e9}));
  for (int rank = 0; rank < 3; ++rank) {
    RankFigures figures;
    figures.rank = rank;
    figures.metric.median = 100e9 - 2e9 * rank;
    doc.cases[0].rank_figures.push_back(figures);
  }
  EXPECT_THAT(result_text(doc), HasSubstr("4.1 %"));  // (100 - 96) / 98
}

TEST(ResultText, WarningsAreShownWithoutTerminalEscapes) {
  auto doc = document();
  doc.cases.push_back(good("dataload/decode", "dataload/decode", {1}));
  doc.cases[0].warnings.push_back("skipped \033[2Jevil.jpg");
  EXPECT_THAT(result_text(doc),
              AllOf(HasSubstr("! dataload/decode: skipped ?[2Jevil.jpg"), Not(HasSubstr("\033"))));
}

TEST(ResultRows, LeaveTheFigureOfAFailedCaseEmpty) {
  auto doc = document();
  doc.cases.push_back(good("a", "gemm", {5}));
  doc.cases.push_back(good("b", "gemm", {6}));
  doc.cases[1].status = CaseStatus::crashed;
  auto const table = result_rows(doc);
  EXPECT_EQ(table.rows[0][5], "5");
  EXPECT_EQ(table.rows[1][5], "");
  EXPECT_EQ(table.rows[1][3], "crashed");
}

TEST(Headline, SaysWhatMachineAndWhyNoGpu) {
  auto doc = document();
  doc.run.backend = "host";
  doc.run.backend_reason = "no NVIDIA GPU on this machine";
  EXPECT_THAT(headline(doc),
              AllOf(HasSubstr("muster 0.1.0 | node17"), HasSubstr("no GPU used"),
                    HasSubstr("suite quick, 2 cases"), HasSubstr("no NVIDIA GPU on this machine")));
}

TEST(Headline, CountsTheGpus) {
  auto doc = document();
  doc.run.backend = "cuda";
  DeviceInfo gpu;
  gpu.name = "NVIDIA A100-SXM4-80GB";
  gpu.facts = {{"driver", "550.54"}};
  doc.nodes[0].gpus.assign(8, gpu);
  EXPECT_THAT(headline(doc), HasSubstr("8 x NVIDIA A100-SXM4-80GB, driver 550.54"));
}

}  // namespace
}  // namespace muster
