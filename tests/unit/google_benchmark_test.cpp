// What Google Benchmark's library really writes, read back.
#include <benchmark/benchmark.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "harness/record/load.hpp"

namespace muster {
namespace {

void counted(benchmark::State& state) {
  for (auto const _ : state) benchmark::DoNotOptimize(state.iterations());
  state.SetItemsProcessed(7 * static_cast<std::int64_t>(state.iterations()));
  state.counters["odd"] = std::nan("");
  state.counters["far"] = HUGE_VAL;
}

void failing(benchmark::State& state) {
  state.SkipWithError("no \"device\" <b>here");
  for (auto const _ : state) benchmark::DoNotOptimize(state.iterations());
}

/// The library's own JSON of both.
std::string written() {
  benchmark::ClearRegisteredBenchmarks();
  benchmark::RegisterBenchmark("counted<int>/8", counted)
      ->Repetitions(3)
      ->Iterations(1000)
      ->Unit(benchmark::kMicrosecond);
  benchmark::RegisterBenchmark("failing", failing)->Repetitions(2)->Iterations(10);
  std::ostringstream out, errors;
  benchmark::JSONReporter reporter;
  reporter.SetOutputStream(&out);
  reporter.SetErrorStream(&errors);
  benchmark::RunSpecifiedBenchmarks(&reporter);
  benchmark::ClearRegisteredBenchmarks();
  return out.str();
}

TEST(GoogleBenchmark, ItsOwnFileIsReadAsItsLibraryWritesIt) {
  auto const text = written();
  EXPECT_THAT(text, testing::HasSubstr("NaN"));  // which is why this is no JSON
  auto const result = result_from_text(text, "file");
  EXPECT_EQ(result.kind, ResultKind::google_benchmark);
  ASSERT_EQ(result.document.cases.size(), 2U);
  auto const& good = result.document.cases[0];
  EXPECT_THAT(good.name, testing::StartsWith("counted<int>/8"));
  EXPECT_EQ(good.status, CaseStatus::ok);
  ASSERT_EQ(good.launches.size(), 3U);
  EXPECT_EQ(good.launches[0].iterations, 1000U);
  for (auto const& launch : good.launches) EXPECT_LT(launch.metric.median, 1) << "seconds, not microseconds";
  std::vector<std::string> figures;
  for (auto const& figure : good.figures) figures.push_back(figure.name);
  EXPECT_THAT(figures, testing::UnorderedElementsAre("cpu_time", "items_per_second"));
  auto const& bad = result.document.cases[1];
  EXPECT_EQ(bad.status, CaseStatus::device_error);
  EXPECT_EQ(bad.message, "no \"device\" <b>here");
  EXPECT_TRUE(bad.launches.empty());
  EXPECT_THAT(result.document.run.started, testing::EndsWith("Z"));
}

}  // namespace
}  // namespace muster
