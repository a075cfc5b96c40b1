// Google Benchmark's and nccl-tests' results as documents. Figures are invented.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "harness/core/error.hpp"
#include "harness/record/document_json.hpp"
#include "harness/record/foreign_values.hpp"
#include "harness/record/load.hpp"
#include "kernels/contract/workload.hpp"
#include "tests/unit/record_fixtures.hpp"

namespace muster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Foreign : public testing::Test {
 protected:
  LoadedResult load(std::string const& text, std::string const& name = "file.json") const {
    test::write_file(folder_.path() / name, text);
    return load_result((folder_.path() / name).string());
  }
  std::string fault(std::string const& text, std::string const& name = "file.json") const {
    try {
      load(text, name);
    } catch (Error const& error) {
      EXPECT_EQ(error.exit_code, ExitCode::usage);
      EXPECT_THAT(error.what(), HasSubstr(name));
      return error.what();
    }
    return "none";
  }
  TemporaryFolder folder_;
};

std::string google_row(std::string const& name, std::string const& rest) {
  return R"({"name": ")" + name + R"(", "run_type": "iteration", "iterations": 10, )" + rest + "}";
}

std::string google(std::string const& rows,
                   std::string const& context = R"("host_name": "n1", "num_cpus": 4)") {
  return R"({"context": {)" + context + R"(}, "benchmarks": [)" + rows + "]}";
}

std::vector<double> medians(CaseResult const& result) {
  std::vector<double> list;
  for (auto const& launch : result.launches) list.push_back(launch.metric.median);
  return list;
}

TEST_F(Foreign, RepetitionsAreLaunchesAndAggregatesArePassedOver) {
  auto const result = load(google(
      google_row("BM<int>/8", R"("real_time": 2, "cpu_time": 1, "time_unit": "ms")") + "," +
      google_row("BM<int>/8", R"("real_time": 4e3, "cpu_time": 1, "time_unit": "us")") +
      R"(, {"name": "BM<int>/8_mean", "run_type": "aggregate", "aggregate_name": "mean", "real_time": 9,
          "cpu_time": 9, "time_unit": "ms"}, {"name": "BM_BigO", "run_type": "aggregate",
          "aggregate_name": "BigO", "big_o": "N"})"));
  EXPECT_EQ(result.kind, ResultKind::google_benchmark);
  ASSERT_EQ(result.document.cases.size(), 1U);
  auto const& one = result.document.cases[0];
  EXPECT_EQ(one.name, "BM<int>/8");
  EXPECT_EQ(one.metric.better, Better::lower);
  EXPECT_EQ(one.metric.unit, "s");
  EXPECT_THAT(medians(one), ElementsAre(testing::DoubleEq(2e-3), testing::DoubleEq(4e-3)));
  EXPECT_TRUE(one.verification.ok());
  EXPECT_THAT(result.notes, testing::Contains(HasSubstr("one process")));
}

TEST_F(Foreign, AFailedRowIsAFailedCaseAndNeverAFigureOfZero) {
  auto const document =
      load(
          google(google_row("a", R"("error_occurred": true, "error_message": "no <b>device", "real_time": 0.0,
                                     "cpu_time": 0, "time_unit": "ns")") +
                 "," + google_row("b", R"("real_time": 0, "cpu_time": 0, "time_unit": "ns")") + "," +
                 google_row("c", R"("real_time": NaN, "cpu_time": 1, "time_unit": "ns")") + "," +
                 google_row("d", R"("skipped": true, "skip_message": "not here", "real_time": 0,
                                     "cpu_time": 0, "time_unit": "ns")")))
          .document;
  ASSERT_EQ(document.cases.size(), 4U);
  for (auto const& one : document.cases) {
    EXPECT_TRUE(one.launches.empty()) << one.name;
    EXPECT_NE(one.status, CaseStatus::ok) << one.name;
    EXPECT_FALSE(one.message.empty()) << one.name;
  }
  EXPECT_EQ(document.cases[0].message, "no <b>device");
  EXPECT_EQ(document.cases[3].status, CaseStatus::unsupported);
  EXPECT_EQ(document.failures.size(), 3U);
  EXPECT_EQ(document.run.status, RunStatus::failed);
}

TEST_F(Foreign, BareNaNAndInfinityAreCountersThatAreNotKnown) {
  auto const document = load(google(google_row("x", R"("real_time": 1, "cpu_time": 1, "time_unit": "s",
      "odd": NaN, "far": -Infinity, "items_per_second": 5.0, "bytes_per_second": 1e9, "label": "NaN")")))
                            .document;
  std::vector<std::string> figures;
  for (auto const& figure : document.cases.at(0).figures) figures.push_back(figure.name + " " + figure.unit);
  EXPECT_THAT(figures, ElementsAre("cpu_time s", "items_per_second items/s", "bytes_per_second B/s"));
  EXPECT_THAT(document.cases[0].labels, ElementsAre("NaN"));
}

TEST_F(Foreign, BenchmarksOfOneNameStayApart) {
  auto const document =
      load(google(google_row("x", R"("family_index": 0, "real_time": 1, "cpu_time": 1, "time_unit": "s")") +
                  "," +
                  google_row("x", R"("family_index": 1, "real_time": 2, "cpu_time": 1, "time_unit": "s")")))
          .document;
  ASSERT_EQ(document.cases.size(), 2U);
  EXPECT_EQ(document.cases[1].name, "x #2");
}

TEST_F(Foreign, FilesOfOneFolderAreLaunches) {
  auto const row = [](int value) {
    return google_row("x", R"("cpu_time": 1, "time_unit": "s", "real_time": )" + std::to_string(value));
  };
  std::filesystem::create_directories(folder_.path() / "runs");
  test::write_file(folder_.path() / "runs/a.json", google(row(1) + "," + row(3) + "," + row(2)));
  test::write_file(folder_.path() / "runs/b.json", google(row(5)));
  auto const result = load_result((folder_.path() / "runs/").string());
  EXPECT_EQ(result.label, "runs");
  EXPECT_THAT(medians(result.document.cases.at(0)), ElementsAre(2, 5));
  test::write_file(folder_.path() / "runs/c.json", to_json(Document{}));
  EXPECT_THROW(load_result((folder_.path() / "runs").string()), Error);
}

TEST_F(Foreign, ADocumentOfImportedFiguresComesBackAsItWasWritten) {
  auto const document =
      load(google(google_row("x", R"("real_time": 1, "cpu_time": 1, "time_unit": "s")"))).document;
  auto const text = to_json(document);
  EXPECT_EQ(to_json(load(text, "again.json").document), text);
  EXPECT_EQ(load(text, "again.json").kind, ResultKind::muster);
}

TEST_F(Foreign, WhatGoogleBenchmarkCannotHaveWrittenIsRefusedWithItsPlace) {
  auto const bad = [&](std::string const& rest) { return fault(google(google_row("x", rest))); };
  EXPECT_THAT(bad(R"("real_time": 1, "time_unit": "min")"), HasSubstr("benchmarks[0].time_unit: 'min'"));
  EXPECT_THAT(bad(R"("real_time": "1", "time_unit": "s")"),
              HasSubstr("benchmarks[0].real_time: expected a number"));
  EXPECT_THAT(bad(R"("time_unit": "s")"), HasSubstr("benchmarks[0].real_time: missing"));
  EXPECT_THAT(bad(R"("real_time": 1, "iterations": -1)"), HasSubstr("duplicate key"));
  EXPECT_THAT(fault(google("", R"("json_schema_version": 2)")), HasSubstr("context.json_schema_version: 2"));
  EXPECT_THAT(fault(google(R"({"name": "x_mean", "run_type": "aggregate"})")), HasSubstr("only aggregates"));
  EXPECT_THAT(fault(google("7")), HasSubstr("benchmarks[0]: expected an object"));
}

TEST(ForeignValues, TimesAreUtcWhereTheirZoneIsKnown) {
  EXPECT_EQ(iso_time("2025-06-01T00:30:00+02:00"), "2025-05-31T22:30:00Z");
  EXPECT_EQ(iso_time("2025-06-01T12:00:00.25Z"), "2025-06-01T12:00:00Z");
  EXPECT_EQ(iso_time("2016-08-02 17:44:46"), "2016-08-02T17:44:46");
  EXPECT_EQ(iso_time("yesterday"), "");
  EXPECT_EQ(iso_time("2025-06-01T12:00:00+xx"), "");
}

TEST(ForeignValues, TextStaysWhereItIsWhenNumbersThatAreNoneAreTakenOut) {
  EXPECT_EQ(without_bare_non_finite(R"({"NaN": NaN, "b": -Infinity, "c": "inf\"NaN", "d": inf})"),
            R"({"NaN": "" , "b": ""       , "c": "inf\"NaN", "d": "" })");
}

constexpr char const* nccl_head = R"(# nccl-tests version 2.17.6 nccl-headers=22809 nccl-library=22809
# Collective test starting: all_reduce_perf
# nThread 1 nGpus 2 minBytes 8 maxBytes 1024 step: 2(factor) warmup iters: 1 iters: 20 agg iters: 1 validation: 1 graph: 0
#
# Using devices
#  Rank  0 Group  0 Pid    123 on      gpu01 device  0 [0000:07:00] NVIDIA A100-SXM4-80GB
#  Rank  1 Group  0 Pid    123 on      gpu01 device  1 [0000:0a:00] NVIDIA A100-SXM4-80GB
#
#                                                              out-of-place                       in-place
#       size         count      type   redop    root     time   algbw   busbw  #wrong     time   algbw   busbw  #wrong
#        (B)    (elements)                               (us)  (GB/s)  (GB/s)             (us)  (GB/s)  (GB/s)
)";
constexpr char const* nccl_foot = R"(# Out of bounds values : 0 OK
# Avg bus bandwidth    : 0.5
#
)";

std::string nccl_text(std::string const& rows) { return nccl_head + rows + nccl_foot; }

TEST_F(Foreign, NcclTestsRowsAreCasesNamedLikeOurs) {
  auto const result =
      load(nccl_text("        1024   256  float  sum  -1   20.00  0.05  0.05  0  40.00  0.03  0.03  0\n"),
           "out.log");
  EXPECT_EQ(result.kind, ResultKind::nccl_tests);
  auto const& cases = result.document.cases;
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_EQ(cases[0].name, "collective/all_reduce/float32/bytes:1024");
  EXPECT_EQ(cases[1].name, "collective/all_reduce/float32/in_place/bytes:1024");
  EXPECT_DOUBLE_EQ(medians(cases[0]).at(0), 1024 / 20e-6);  // not the printed 0.05 GB/s
  EXPECT_EQ(cases[0].ranks, 2);
  EXPECT_EQ(result.document.nodes.at(0).gpus.at(1).name, "NVIDIA A100-SXM4-80GB");
  EXPECT_EQ(result.document.nodes[0].software.at(0).second, "2.28.9");
  EXPECT_EQ(result.document.run.version, "nccl-tests 2.17.6");
}

TEST_F(Foreign, TheNamesAreReallyOurs) {
  auto const* workload = Registry::instance().find("collective/reduce");
  ASSERT_TRUE(workload);
  auto head = nccl_text("        1024   512  half  max  1   20.00  0.05  0.05  0  40.00  0.03  0.03  0\n");
  head.replace(head.find("all_reduce_perf"), 15, "reduce_perf");
  auto const one = load(head, "any.log").document.cases.at(1);
  auto params = defaults(workload->params);
  for (auto const& [name, value] : one.params.all()) params.set(name, value);
  EXPECT_EQ(one.name, case_name(workload->name, workload->params, params));
}

TEST_F(Foreign, RunsOfOneFileAreLaunchesAndCyclesOfOneRunAreNot) {
  std::string const row = "  1024  256  float  sum  -1   20.00  0.05  0.05  0  40.00  0.03  0.03  0\n";
  std::string const other = "  1024  256  float  sum  -1   30.00  0.05  0.05  0  40.00  0.03  0.03  0\n";
  auto const result = load(nccl_text(row + other + other) + nccl_text(row), "out.log");
  auto const& one = result.document.cases.at(0);
  EXPECT_THAT(medians(one), ElementsAre(testing::DoubleEq(1024 / 30e-6), testing::DoubleEq(1024 / 20e-6)));
  EXPECT_EQ(one.launches[0].metric.samples, 3U);
}

TEST_F(Foreign, AWrongAnswerLeavesNoFigureOfItsCase) {
  std::string const good = "  1024  256  float  sum  -1   20.00  0.05  0.05  0  40.00  0.03  0.03  0\n";
  std::string const bad = "  1024  256  float  sum  -1   20.00  0.05  0.05  3  40.00  0.03  0.03  0\n";
  auto const document = load(nccl_text(good) + nccl_text(bad), "out.log").document;
  EXPECT_EQ(document.cases.at(0).status, CaseStatus::wrong);
  EXPECT_TRUE(document.cases[0].launches.empty());
  EXPECT_THAT(document.cases[0].message, HasSubstr("3 elements"));
  EXPECT_EQ(document.cases.at(1).status, CaseStatus::ok);
  EXPECT_EQ(document.cases[1].launches.size(), 2U);
}

TEST_F(Foreign, WhatNcclTestsDidNotCheckIsNotVerified) {
  auto const result = load(
      nccl_text("  1024  256  float  sum  -1   20.00  0.05  0.05  N/A  40.00  0.03  0.03  N/A\n"), "out.log");
  EXPECT_FALSE(result.document.cases.at(0).verification.ok());
  EXPECT_THAT(result.notes, testing::Contains(HasSubstr("2 of 2 rows were not checked")));
}

TEST_F(Foreign, OlderTablesLabelsAndOtherLinesAreReadThrough) {
  auto const text = R"(host:1:1 [0] NCCL INFO Bootstrap
[1,0]<stdout>:# nThread 1 nGpus 8
[1,0]<stdout>:#  Rank  0 Pid  9 on gpu01 device  0 [0x07] A100-SXM4-40GB
[1,0]<stdout>:#  Rank  1 Pid  9 on gpu02 device  0 [0x07] A100-SXM4-40GB
[1,0]<stdout>:#       size         count      type   redop     time   algbw   busbw  error     time   algbw   busbw  error
[1,0]<stdout>:#        (B)    (elements)                       (us)  (GB/s)  (GB/s)            (us)  (GB/s)  (GB/s)
[1,0]<stdout>:        1024           256     float     sum    20.00    0.05    0.05  5e-07    20.10    0.05    0.05  5e-07
[1,0]<stdout>:           0             0     float     sum    20.00    0.00    0.00  0e+00    20.10    0.00    0.00  0e+00
123:45 noise 1024
)";
  auto const result = load(text, "all_gather.txt");
  ASSERT_EQ(result.document.cases.size(), 2U);
  EXPECT_EQ(result.document.cases[0].name, "collective/all_gather/float32/bytes:1024");
  EXPECT_EQ(result.document.cases[0].ranks, 2);
  EXPECT_EQ(result.document.nodes.size(), 2U);
  EXPECT_FALSE(result.document.cases[0].verification.ok());  // a largest difference is no check
  EXPECT_THAT(result.notes, testing::Contains(HasSubstr("did not come to its end")));
  EXPECT_EQ(result.document.run.status, RunStatus::aborted);
}

TEST_F(Foreign, OperationsWithoutAReductionHadNothingInItsColumn) {
  auto const row =
      load(nccl_text("  1024  256  float  -1   20.00  0.05  0.05  0  40.00  0.03  0.03  N/A\n"), "out.log")
          .document.cases.at(0);
  EXPECT_FALSE(row.params.has("reduction"));
  EXPECT_DOUBLE_EQ(row.launches.at(0).seconds_per_op, 20e-6);
}

TEST_F(Foreign, BrokenTablesAreRefusedWithTheirLine) {
  EXPECT_THAT(fault(nccl_text("  1024  256  float  sum  -1   20.00  0.05\n"), "out.log"),
              HasSubstr("line 12: 7 columns where 13"));
  EXPECT_THAT(fault(nccl_text("  1024  256  float  sum  -1   fast  0.05  0.05  0  40.00  0.03  0.03  0\n"),
                    "out.log"),
              HasSubstr("line 12: 'fast' in the column time"));
  EXPECT_THAT(fault(nccl_text(""), "out.log"), HasSubstr("without any result"));
  auto other = nccl_text("");
  other.replace(other.find("(GB/s)"), 6, "(MB/s)");
  EXPECT_THAT(fault(other, "out.log"), HasSubstr("line 11: the unit (MB/s)"));
  std::string const row = "  1024  256  float  sum  -1   20.00  0.05  0.05  0  40.00  0.03  0.03  0\n";
  auto alone = nccl_text(row);
  alone.erase(alone.find("#  Rank  1"),
              alone.find('\n', alone.find("#  Rank  1")) - alone.find("#  Rank  1"));
  EXPECT_THAT(fault(nccl_text(row) + alone, "out.log"), HasSubstr("by 2 ranks and by 1"));
}

std::string nccl_json(std::string const& results,
                      std::string const& rest = R"(, "end_time": "2025-10-01 12:01:00")") {
  return R"({"version": 3, "start_time": "2025-10-01 12:00:00", "args": ["./build/all_gather_perf", "-J", "x"],
    "env": ["TOKEN=secret"], "nccl_version": 22809, "config": {"nthreads": 1, "ngpus": 4, "devices": [
    {"rank": 0, "group": 0, "pid": 1, "hostname": "n1", "device": 0, "device_hex": "0000:07:00", "device_info": "A100"},
    {"rank": 4, "group": 0, "pid": 1, "hostname": "n2", "device": 0, "device_hex": "0000:07:00", "device_info": "A100"}]},
    "results": [)" +
         results + "]" + rest + "}";
}

TEST_F(Foreign, NcclTestsJsonIsReadAndItsEnvironmentIsNot) {
  auto const text = nccl_json(
      R"({"size": 8192, "count": 256, "type": "float", "redop": "none", "root": "    -1",
         "out_of_place": {"time": 10.0, "alg_bw": 0.819200, "bus_bw": 0.716800, "nwrong": 0.000000},
         "in_place": {"time": "nan", "alg_bw": inf, "bus_bw": inf, "nwrong": null}},
         {"size": 0, "count": 0, "type": "float", "redop": "none", "root": "    -1",
         "out_of_place": null, "in_place": null})");
  auto const result = load(text);
  EXPECT_EQ(result.kind, ResultKind::nccl_tests);
  auto const& cases = result.document.cases;
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_EQ(cases[0].name, "collective/all_gather/float32/bytes:8192");
  EXPECT_EQ(cases[0].ranks, 8);  // of every process the first device only is listed
  EXPECT_DOUBLE_EQ(medians(cases[0]).at(0), 8192 / 10e-6 * 7 / 8);
  EXPECT_EQ(cases[1].status, CaseStatus::internal);
  EXPECT_TRUE(cases[1].launches.empty());
  EXPECT_EQ(result.document.run.started, "2025-10-01T12:00:00");
  EXPECT_THAT(to_json(result.document), testing::Not(HasSubstr("secret")));
}

TEST_F(Foreign, BrokenNcclTestsJsonIsRefusedWithItsPlace) {
  EXPECT_THAT(fault(nccl_json("{}")), HasSubstr("results[0].size: missing"));
  EXPECT_THAT(fault(nccl_json(R"({"size": -8, "count": 1})")), HasSubstr("results[0].size: out of range"));
  EXPECT_THAT(fault(nccl_json("").substr(0, 300)), HasSubstr("line 3"));
  EXPECT_THAT(load(nccl_json("", "")).notes, testing::Contains(HasSubstr("no end_time")));
}

}  // namespace
}  // namespace muster
