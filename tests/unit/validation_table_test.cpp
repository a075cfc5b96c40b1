#include "harness/report/validation_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ValidatedPoint point(std::string to, double error, bool inside, std::string unknown = "") {
  ValidatedPoint made;
  made.series = "BERT", made.family = "MLPerf", made.from = "8", made.to = std::move(to);
  made.published = 0.2, made.p50 = 0.2 * (1 + error), made.p10 = 0.19, made.p90 = 0.21;
  made.error = error, made.inside = inside, made.unknown = std::move(unknown);
  return made;
}

Validation validation() {
  Validation made;
  made.points = {point("16", 0.01, true), point("64", -0.06, false),
                 point("128", 0.5, false, "another batch")};
  made.known = {2, 0.035, 0.06, 0.5};
  made.apart = {1, 0.5, 0.5, 0};
  made.found = {{"MLPerf", 0.0075, 1.1}};
  return made;
}

TEST(ValidationTable, WhatCountsComesFirstAndWhatDoesNotHasItsReason) {
  auto const text = validation_text(validation());
  EXPECT_LT(text.find("premises known"), text.find("+1.0 %"));
  EXPECT_LT(text.find("-6.0 %"), text.find("apart: premises differ"));
  EXPECT_LT(text.find("apart: premises differ"), text.find("another batch"));
  EXPECT_THAT(text, HasSubstr("200.0 ms"));
  EXPECT_THAT(text, HasSubstr("190.0 ms to 210.0 ms"));
  EXPECT_THAT(text, HasSubstr("2 points with known premises: median error 3.5 %, 50.0 % of them inside"));
  EXPECT_THAT(text, HasSubstr("is NOT met"));
  EXPECT_THAT(text, HasSubstr("MLPerf was predicted with what the others say: steps take 0.75 % longer"));
}

TEST(ValidationTable, LinpackIsARate) {
  auto made = validation();
  made.points[0].kind = PublishedKind::linpack;
  made.points[0].published = 1 / 14e12, made.points[0].p10 = 1 / 15e12, made.points[0].p90 = 1 / 13e12;
  auto const text = validation_text(made);
  EXPECT_THAT(text, HasSubstr("14.00 TFLOP/s"));
  EXPECT_THAT(text, HasSubstr("13.00 TFLOP/s to 15.00 TFLOP/s"));
}

TEST(ValidationTable, ABarThatIsMetIsSaidAndNothingIsNoPass) {
  auto made = validation();
  made.known = {2, 0.035, 0.06, 0.95};
  EXPECT_THAT(validation_summary(made), HasSubstr("is met"));
  EXPECT_THAT(validation_summary({}), HasSubstr("nothing to judge"));
}

TEST(ValidationTable, MarkdownHasARowASeriesAndMarksWhatIsOutside) {
  auto const text = validation_markdown(validation());
  EXPECT_THAT(text, HasSubstr("| BERT | 8 | 16: +1.0 %, 64: -6.0 % \\* |\n"));
  EXPECT_THAT(text, HasSubstr("1 more points, whose premises differ"));
  EXPECT_THAT(text, Not(HasSubstr("another batch")));
}

}  // namespace
}  // namespace muster
