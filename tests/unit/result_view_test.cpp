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

TEST(ResultText, NodesThatAreWorldsOfTheirOwnLieApartToo) {
  auto doc = document();
  doc.cases.push_back(good("nodes/gemm/bf16", "gemm", {100e9}));
  doc.cases[0].worlds = Worlds{3, 2, 1};
  for (auto const* node : {"a", "b"}) {
    RankFigures figures;
    figures.node = node;
    figures.metric.median = *node == 'a' ? 100e9 : 90e9;
    doc.cases[0].rank_figures.push_back(figures);
  }
  EXPECT_THAT(result_text(doc), AllOf(HasSubstr("10.5 %"),  // (100 - 90) / 95
                                      HasSubstr("nodes/gemm/bf16: figures of 2 of 3 nodes, 1 wrong")));
}

TEST(ResultText, CoverageNamesTheNodesThatWereLeftOut) {
  auto doc = document();
  doc.coverage = Coverage{4, 1, 5, 4, {{"n3", "inventory", "it has 7 GPUs\x1b[2J"}}};
  auto const text = result_text(doc);
  EXPECT_THAT(text, AllOf(HasSubstr("nodes: 4 planned and 1 spare, 5 answered, 4 good"),
                          HasSubstr("n3 left out, in phase inventory: it has 7 GPUs")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(ResultText, RanksThatSatACaseOutDoNotCountAsSlow) {
  auto doc = document();
  doc.cases.push_back(good("gemm/bf16", "gemm", {100e9}));
  for (double const median : {0.0, 100e9, 0.0, 96e9, 0.0}) {
    RankFigures figures;
    figures.rank = static_cast<int>(doc.cases[0].rank_figures.size());
    figures.metric.median = median;
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

TEST(ResultText, NamesTheRankThatFailed) {
  auto doc = document();
  doc.cases.push_back(good("a", "gemm", {5}));
  doc.cases[0].status = CaseStatus::timed_out;
  doc.cases[0].message = "a step took too long";
  doc.failures.push_back({"b", 0, "node2", 1, "sample", CaseStatus::timed_out, "", ""});
  EXPECT_THAT(result_text(doc), Not(HasSubstr("rank 1"))) << "of another case";
  doc.failures.push_back({"a", 0, "node3", 5, "sample", CaseStatus::timed_out, "", ""});
  EXPECT_THAT(result_text(doc), HasSubstr("deadline [rank 5 on node3]: a step took too long"));
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

CaseResult collective(std::string name) {
  auto result = good(std::move(name), "collective/all_reduce", {200e9});
  result.metric = {"bus_bandwidth", "B/s", Quantity::wire_bytes, Better::higher};
  return result;
}

TEST(ResultText, CollectivesHaveATableOfTheirOwnWithTheColumnsThatAreKnown) {
  auto doc = document();
  doc.cases.push_back(collective("collective/all_reduce/float32/bytes:8"));
  doc.cases[0].figures = {
      {"time", 34.7e-6, "s"}, {"algorithm_bandwidth", 114e9, "B/s"}, {"nccl_estimate", 31.5e-6, "s"}};
  doc.cases[0].facts = {{"algorithm", "RING"}, {"protocol", "LL"}};
  doc.cases[0].bound = Bound{"expected_nvlink", 235e9, "B/s"};
  doc.cases[0].percent_of_bound = 85;
  auto const text = result_text(doc);
  EXPECT_THAT(text, AllOf(HasSubstr("all_reduce/float32/bytes:8"), HasSubstr("200.0 GB/s"),
                          HasSubstr("114.0 GB/s"), HasSubstr("34.70 µs"), HasSubstr("31.50 µs"),
                          HasSubstr("RING LL"), HasSubstr("85 % of expected nvlink")));
  EXPECT_THAT(text, Not(HasSubstr("p99")));
  EXPECT_THAT(text, Not(HasSubstr("wire")));
}

TEST(ResultText, ASkippedCollectiveSaysWhyInPlaceOfFigures) {
  auto doc = document();
  doc.cases.push_back(collective("collective/all_gather/float32/bytes:8"));
  doc.cases[0].status = CaseStatus::unsupported;
  auto const text = result_text(doc);
  EXPECT_THAT(text, AllOf(HasSubstr("not supported here"), Not(HasSubstr("200.0"))));
}

TEST(ResultRows, CarryTheColumnsOfCollectives) {
  auto doc = document();
  doc.cases.push_back(collective("collective/all_reduce/float32/bytes:8"));
  doc.cases[0].figures = {{"time", 2e-6, "s"}, {"time_p99", 3e-6, "s"}, {"wire_bandwidth", 1e9, "B/s"}};
  auto const table = result_rows(doc);
  auto const cell = [&](std::string const& title) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].title == title) return table.rows[0].at(i);
    }
    return std::string("no such column");
  };
  EXPECT_EQ(cell("time"), "2e-06");
  EXPECT_EQ(cell("time_p99"), "3e-06");
  EXPECT_EQ(cell("wire_bandwidth"), "1e+09");
  EXPECT_EQ(cell("algorithm_bandwidth"), "");
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
