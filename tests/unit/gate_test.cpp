#include "harness/analyze/gate.hpp"

#include <gtest/gtest.h>

#include "harness/core/compare_rules.hpp"

namespace muster {
namespace {

CaseComparison with(CaseVerdict verdict, bool worse = true) {
  CaseComparison one;
  one.name = "a";
  one.verdict = verdict;
  one.worse = worse;
  one.margin = 0.02;
  one.ratio_interval = worse ? Interval{0.4, 0.6} : Interval{1.4, 1.6};
  one.gated =
      verdict != CaseVerdict::failed && verdict != CaseVerdict::missing && verdict != CaseVerdict::tainted;
  return one;
}

ExitCode code(std::vector<CaseComparison> cases, std::vector<std::string> const& fail_on) {
  Comparison comparison;
  comparison.cases = std::move(cases);
  return gate({comparison}, fail_on).exit_code;
}

CaseComparison const fine = with(CaseVerdict::equivalent);

TEST(Gate, WhatIsListedFails) {
  EXPECT_EQ(code({fine, with(CaseVerdict::regressed)}, {"regressed"}), ExitCode::gate_failed);
  EXPECT_EQ(code({fine, with(CaseVerdict::regressed)}, {"failed"}), ExitCode::ok);
  EXPECT_EQ(code({fine, with(CaseVerdict::missing)}, {"missing"}), ExitCode::gate_failed);
  EXPECT_EQ(code({fine, with(CaseVerdict::slower)}, {"slower"}), ExitCode::gate_failed);
}

TEST(Gate, WhatIsUndecidedHasItsOwnCodeAndGivesWayToFailures) {
  EXPECT_EQ(code({fine, with(CaseVerdict::inconclusive)}, {"inconclusive"}), ExitCode::inconclusive);
  EXPECT_EQ(code({fine, with(CaseVerdict::suspect)}, {"suspect"}), ExitCode::inconclusive);
  EXPECT_EQ(code({fine, with(CaseVerdict::tainted)}, {"tainted"}), ExitCode::inconclusive);
  EXPECT_EQ(code({with(CaseVerdict::suspect), with(CaseVerdict::regressed)}, {"suspect", "regressed"}),
            ExitCode::gate_failed);
}

TEST(Gate, SmallAndFailedTripOnlyWhereTheCandidateIsTheWorse) {
  EXPECT_EQ(code({fine, with(CaseVerdict::small)}, {"small"}), ExitCode::gate_failed);
  EXPECT_EQ(code({fine, with(CaseVerdict::small, false)}, {"small"}), ExitCode::ok);
  EXPECT_EQ(code({fine, with(CaseVerdict::failed, false)}, {"failed"}), ExitCode::ok);
  EXPECT_EQ(code({fine, with(CaseVerdict::missing, false)}, {"missing"}), ExitCode::ok);
}

TEST(Gate, ASuspectedRegressionIsNoPassUnlessAskedFor) {
  auto const usual = CompareRules{}.fail_on;
  EXPECT_EQ(code({fine, with(CaseVerdict::suspect)}, usual), ExitCode::inconclusive);
  EXPECT_EQ(code({fine, with(CaseVerdict::suspect, false)}, usual), ExitCode::ok) << "it looks better";
  EXPECT_EQ(code({fine, with(CaseVerdict::suspect)}, {"regressed"}), ExitCode::ok);
}

TEST(Gate, ASuspectThatMayBeWithinTheMarginIsNoAlarmUntilFreshLaunchesCouldNotTell) {
  auto one = with(CaseVerdict::suspect);
  one.ratio_interval = Interval{0.97, 0.99};
  Comparison comparison;
  comparison.cases = {fine, one};
  auto const usual = CompareRules{}.fail_on;
  EXPECT_EQ(gate({comparison}, usual).exit_code, ExitCode::ok);
  comparison.confirmed = true;
  EXPECT_EQ(gate({comparison}, usual).exit_code, ExitCode::inconclusive);
}

TEST(Gate, WhatWasCleanInTheBaseAndIsNotNowIsNoPass) {
  auto const usual = CompareRules{}.fail_on;
  for (auto const verdict : {CaseVerdict::tainted, CaseVerdict::incomparable}) {
    EXPECT_EQ(code({fine, with(verdict)}, usual), ExitCode::inconclusive);
    EXPECT_EQ(code({fine, with(verdict, false)}, usual), ExitCode::ok) << "the base is no better";
  }
}

TEST(Gate, NodesThatFailedAreMissingWhateverTheOthersShow) {
  auto one = with(CaseVerdict::equivalent);
  one.lost_nodes = "candidate: only 7 of 8 nodes ended ok";
  EXPECT_EQ(code({one}, {"missing"}), ExitCode::gate_failed);
  EXPECT_EQ(code({one}, {"regressed"}), ExitCode::ok);
  one.verdict = CaseVerdict::tainted;
  EXPECT_EQ(code({fine, one}, CompareRules{}.fail_on), ExitCode::gate_failed) << "not merely undecided";
}

TEST(Gate, TripsByPlaceAndNotByLabel) {
  Comparison first, second;
  first.candidate.label = second.candidate.label = "result";
  first.cases = {fine};
  second.cases = {with(CaseVerdict::regressed)};
  auto const result = gate({first, second}, {"regressed"});
  ASSERT_EQ(result.tripped.size(), 1U);
  EXPECT_EQ(result.tripped[0].comparison, 1U);
}

TEST(Gate, WhatWasNoComparisonIsNoPass) {
  EXPECT_EQ(code({}, {"regressed"}), ExitCode::inconclusive);
  EXPECT_EQ(code({with(CaseVerdict::inconclusive)}, {"regressed"}), ExitCode::inconclusive);
  Comparison other;
  other.cases = {fine};
  other.comparability = Comparability::incomparable;
  EXPECT_EQ(gate({other}, {"regressed"}).exit_code, ExitCode::inconclusive);
  other.forced = true;
  EXPECT_EQ(gate({other}, {"regressed"}).exit_code, ExitCode::ok);
}

TEST(Gate, NoneNeverFails) { EXPECT_EQ(code({with(CaseVerdict::regressed)}, {"none"}), ExitCode::ok); }

}  // namespace
}  // namespace muster
