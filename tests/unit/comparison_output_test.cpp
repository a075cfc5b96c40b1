#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/record/comparison_json.hpp"
#include "harness/report/comparison_table.hpp"
#include "harness/report/junit.hpp"

namespace muster {
namespace {

using testing::HasSubstr;
using testing::Not;

Comparison example() {
  Comparison comparison;
  comparison.base.label = "before";
  comparison.candidate.label = "after";
  comparison.comparability = Comparability::compatible;
  comparison.differences = {{"driver", "550", "555"}};
  CaseComparison one;
  one.name = "gemm/bf16";
  one.workload = "gemm";
  one.metric = {"flop_rate", "FLOP/s", Quantity::flops, Better::higher};
  one.base = {CaseStatus::ok, {1e12, 1.02e12}, 1.01e12, {1e12, 1.02e12}};
  one.candidate = {CaseStatus::ok, {0.9e12, 0.92e12}, 0.91e12, {0.9e12, 0.92e12}};
  one.ratio = 0.9;
  one.ratio_interval = Interval{0.88, 0.92};
  one.p = 0.004;
  one.q = 0.008;
  one.verdict = CaseVerdict::regressed;
  one.reason = "worse by 10 %";
  one.gated = true;
  comparison.cases = {one};
  one.name = "=cmd|' /c calc'!A1";
  one.reason = "<b>\x1b[31m\"&";
  one.verdict = CaseVerdict::failed;
  one.candidate = {CaseStatus::crashed, {}, 0, {}};
  one.ratio.reset();
  one.ratio_interval.reset();
  one.q.reset();
  comparison.cases.push_back(one);
  comparison.means = {{"flop_rate", "FLOP/s", Better::higher, 0.9, 1, 2}};
  comparison.family = 1;
  return comparison;
}

TEST(ComparisonText, SaysTheEnvironmentFirstAndEveryVerdictInWords) {
  auto const text = comparison_text(example());
  EXPECT_LT(text.find("driver"), text.find("gemm/bf16"));
  EXPECT_THAT(text, HasSubstr("▼ REGRESSED"));
  EXPECT_THAT(text, HasSubstr("0.900 [0.880, 0.920]"));
  EXPECT_THAT(text, HasSubstr("1.010 TFLOP/s ±1.0 %"));
  EXPECT_THAT(text, HasSubstr("0.910 TFLOP/s ±1.1 %")) << "in the same unit as the base";
  EXPECT_THAT(text, HasSubstr("! FAILED"));
  EXPECT_THAT(text, HasSubstr("worker died"));
  EXPECT_THAT(text, HasSubstr("geometric mean of flop_rate (FLOP/s): 0.9000, 1 of 2 rows"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(ComparisonText, AForcedOneIsStamped) {
  auto forced = example();
  forced.comparability = Comparability::incomparable;
  forced.forced = true;
  EXPECT_THAT(comparison_text(forced), HasSubstr("compared all the same (--force-incomparable)"));
  EXPECT_THAT(comparison_markdown(forced), HasSubstr("compared all the same"));
  EXPECT_THAT(comparison_csv(forced, true), HasSubstr("\"incomparable, forced\""));
  EXPECT_THAT(to_json({forced}, {}, 0), HasSubstr("\"forced\": true"));
}

TEST(ComparisonCsv, HasRawNumbersAndNoFormulas) {
  auto const text = comparison_csv(example(), true);
  EXPECT_THAT(
      text,
      HasSubstr("before,after,compatible,gemm/bf16,flop_rate,FLOP/s,regressed,0.9,0.88,0.92,0.004,0.008"));
  EXPECT_THAT(text, HasSubstr("'=cmd|"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_EQ(comparison_csv(example(), false).find("before"), 0U);
}

TEST(ComparisonMarkdown, EscapesWhatWouldBeMarkup) {
  EXPECT_THAT(comparison_markdown(example()), HasSubstr("\\<b\\>"));
}

TEST(ComparisonJson, NamesItsFormatAndLeavesOutWhatIsNotKnown) {
  auto const text = to_json({example()}, {"regressed"}, 1);
  EXPECT_THAT(text, HasSubstr("\"name\": \"muster.comparison\""));
  EXPECT_THAT(text, HasSubstr("\"exit_code\": 1"));
  EXPECT_THAT(text, HasSubstr("\"verdict\": \"regressed\""));
  EXPECT_THAT(text, Not(HasSubstr("null")));
}

TEST(Junit, FailsWhatTripsAndEscapesEverything) {
  auto const text = comparison_junit(
      {example()}, [](auto const&, auto const& one) { return one.verdict == CaseVerdict::regressed; });
  EXPECT_THAT(text, HasSubstr("tests=\"2\" failures=\"1\""));
  EXPECT_THAT(text, HasSubstr("<failure type=\"regressed\""));
  EXPECT_THAT(text, HasSubstr("&lt;b&gt;\xEF\xBF\xBD[31m&quot;&amp;"));
  EXPECT_THAT(text, HasSubstr("<property name=\"driver\" value=\"550 -&gt; 555\"/>"));
}

TEST(Junit, WhatIsNoTextBecomesAReplacement) {
  EXPECT_EQ(xml_escaped("µ ▼ \xF0\x9F\x99\x82"), "µ ▼ \xF0\x9F\x99\x82");
  for (std::string const bad :
       {"\x80", "\xC0", "\xC3", "\xE2\x96", "\xED\xA0\x80", "\xEF\xBF\xBF", "\xF5", "\x01"})
    EXPECT_THAT(xml_escaped("a" + bad + "b"), testing::MatchesRegex("a(\xEF\xBF\xBD)+.?b")) << bad;
}

}  // namespace
}  // namespace muster
