// How many launches find a change.
#include "harness/analyze/detect.hpp"

#include <gtest/gtest.h>

#include "harness/analyze/launches_needed.hpp"
#include "harness/app/versus_detect.hpp"
#include "harness/core/error.hpp"
#include "harness/report/detection_table.hpp"

namespace muster {
namespace {

CaseResult case_of(std::string name, std::vector<double> const& medians) {
  CaseResult result;
  result.name = std::move(name);
  result.status = CaseStatus::ok;
  result.verification.status = Verdict::Status::pass;
  result.metric.better = Better::higher;
  for (std::size_t i = 0; i < medians.size(); ++i) {
    LaunchFigures launch;
    launch.index = static_cast<int>(i);
    launch.metric.median = medians[i];
    result.launches.push_back(launch);
  }
  return result;
}

Side side_of(Document const& document) { return {"", {{"", "", &document, {}}}}; }

/// Launches that differ by 1 %, by 0.1 %, not at all, and a case that failed on one side.
struct Fixture {
  Fixture() {
    for (auto* document : {&base, &candidate}) {
      document->cases = {case_of("rough", {99, 101, 100, 98.6, 101.4}),
                         case_of("fine", {99.9, 100.1, 100, 99.86, 100.14}),
                         case_of("still", {100, 100, 100, 100, 100}), case_of("gone", {100, 101})};
    }
    candidate.cases[3].status = CaseStatus::crashed;
    candidate.cases[3].launches.clear();
  }
  Document base, candidate;
};

TEST(Detect, MoreSpreadTakesMoreLaunches) {
  Fixture const fixture;
  auto const cases = launches_for(0.02, {side_of(fixture.base), side_of(fixture.candidate)});
  ASSERT_EQ(cases.size(), 4U);
  EXPECT_NEAR(cases[0].deviation, 0.0122, 0.0005);
  EXPECT_EQ(cases[0].launches, 10);
  EXPECT_EQ(cases[0].freedom, 8);
  EXPECT_EQ(cases[0].needed, launches_needed_by_estimate(cases[0].deviation, 8, 0.02, 0.05, 0.9));
  EXPECT_GT(cases[0].needed, cases[1].needed);
  EXPECT_EQ(cases[2].deviation, 0);
  EXPECT_GE(cases[2].needed, 4) << "fewer can never say anything";
  EXPECT_EQ(most_needed(cases), cases[0].needed);
}

TEST(Detect, ACaseWithoutFiguresOnOneSideSaysWhy) {
  Fixture const fixture;
  auto const cases = launches_for(0.02, {side_of(fixture.base), side_of(fixture.candidate)});
  EXPECT_EQ(cases[3].needed, 0);
  EXPECT_FALSE(cases[3].why.empty());
  EXPECT_EQ(launches_for(0.02, {side_of(fixture.base)})[3].why, "") << "with one side it is well";
}

TEST(Detect, WhatIsReachableIsTheOtherWayRound) {
  for (double const deviation : {0.002, 0.01, 0.05}) {
    for (int const launches : {5, 10, 40}) {
      CaseDetection const found{.name = "a", .launches = 10, .deviation = deviation, .freedom = 8};
      double const change = smallest_change(found, launches);
      EXPECT_LE(launches_needed_by_estimate(deviation, 8, change), launches);
      EXPECT_GT(launches_needed_by_estimate(deviation, 8, 0.98 * change), launches);
    }
  }
  EXPECT_EQ(smallest_change({}, 5), 0);
}

TEST(Detect, AChangeIsAPercentage) {
  EXPECT_DOUBLE_EQ(change_of("2%"), 0.02);
  EXPECT_DOUBLE_EQ(change_of("0.5%"), 0.005);
  for (auto const* text : {"", "%", "2", "0%", "-1%", "101%", "nan%", "inf%", "2%%", "two%"})
    EXPECT_THROW(change_of(text), Error) << text;
}

TEST(Detect, TheTableTellsAllOfThem) {
  auto const table =
      detection_table({{"a\033x", 10, 0.0123, 8, 9, "", 75}, {"b", 0, 0, 0, 0, "crashed", 0}}, 0.02);
  EXPECT_EQ(table.columns[2].title, "launches for 2 %");
  EXPECT_EQ(table.rows[0], (std::vector<std::string>{"a?x", "1.23 %", "9", "1 min 15 s"}));
  EXPECT_EQ(table.rows[1], (std::vector<std::string>{"b", "-", "-", "crashed"}));
}

}  // namespace
}  // namespace muster
