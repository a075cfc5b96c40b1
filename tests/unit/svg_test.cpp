// Scales, ticks and marks of drawings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "harness/report/svg_heat_map.hpp"
#include "harness/report/svg_marks.hpp"
#include "harness/report/svg_plot.hpp"
#include "harness/report/svg_scale.hpp"

namespace muster {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Le;
using testing::SizeIs;

std::vector<std::string> labels(Axis const& axis) {
  std::vector<std::string> list;
  for (auto const& tick : axis.ticks()) list.push_back(tick.label);
  return list;
}

TEST(SvgScale, LinearTicksAreRoundAndShareAPrefix) {
  auto const axis = Axis::linear(0, 228e9, "B/s", 5);
  EXPECT_THAT(labels(axis), ElementsAre("0", "50", "100", "150", "200", "250"));
  EXPECT_EQ(axis.title(), "GB/s");
  EXPECT_THAT(labels(Axis::linear(-3.2, 5.1, "", 4)), ElementsAre("-5", "0", "5", "10"));
}

TEST(SvgScale, EqualEndsStillMakeAnAxis) {
  auto const axis = Axis::linear(35, 35, "°C", 4);
  EXPECT_LT(axis.low(), axis.high());
  EXPECT_TRUE(std::isfinite(axis.onto(0, 100).at(35)));
}

TEST(SvgScale, DecadesHaveTheirOwnPrefixesAndAreNotTooMany) {
  EXPECT_THAT(labels(Axis::decades(1e12, 1e15, "FLOP/s", 6)), ElementsAre("1 T", "10 T", "100 T", "1 P"));
  EXPECT_THAT(labels(Axis::decades(1e-300, 1e300, "s", 6)), SizeIs(Le(7U)));
  EXPECT_THAT(labels(Axis::ratios(0.08, 3000, 6)), ElementsAre("0.1", "1", "10", "100", "1,000"));
}

TEST(SvgScale, SizesAreBinary) {
  EXPECT_THAT(labels(Axis::sizes(8, 1 << 30, 10)).front(), "8 B");
  EXPECT_THAT(labels(Axis::sizes(8, 9e300, 10)),
              SizeIs(Le(11U)));  // no size that a document may claim overflows
}

TEST(SvgScale, WhatLiesOutsideIsDrawnAtTheBorder) {
  auto const axis = Axis::linear(0, 10, "", 5).onto(100, 200);
  EXPECT_EQ(axis.at(5), 150);
  EXPECT_EQ(axis.at(1e9), 200);
  EXPECT_EQ(axis.at(-1e9), 100);
  EXPECT_EQ(Axis::decades(1, 100, "s", 3).onto(0, 1).at(-5), 0);
}

TEST(SvgMarks, NamesAreCutAtWholeCharacters) {
  EXPECT_EQ(fitting("short", 100), "short");
  EXPECT_EQ(fitting("µµµµµµµµµµ", text_width("12345")), "µµµµ…");
  EXPECT_EQ(fitting_middle("collective/all_reduce/bytes:8", text_width("123456789")), "coll…es:8");
}

TEST(SvgMarks, EverySeriesHasAShapeOfItsOwn) {
  std::vector<std::string> shapes;
  for (std::size_t series = 0; series < 8; ++series) {
    auto html = svg_marker(series, {0, 0}).html();
    shapes.push_back(
        html.substr(html.find(" d=") == std::string::npos ? html.find(" cx=") : html.find(" d=")));
  }
  std::ranges::sort(shapes);
  EXPECT_EQ(std::ranges::adjacent_find(shapes), shapes.end());
}

TEST(SvgPlot, EveryDrawingHasANameAndADescription) {
  EXPECT_THAT(svg({"a < b", "what it shows"}, 10, 20, {}).html(),
              AllOf(HasSubstr("<title>a &lt; b</title>"), HasSubstr("<desc>what it shows</desc>"),
                    HasSubstr("role=\"img\"")));
}

TEST(SvgHeatMap, DarkIsLowLightIsHighAndHolesAreNeither) {
  double const hole = std::numeric_limits<double>::quiet_NaN();
  HeatMap const map{2, 2, {0, 1, hole, 1}, 0, 1};
  auto const html = svg_heat_map(map, {0, 0}, 10).html();
  EXPECT_THAT(
      html, AllOf(HasSubstr("fill=\"#440154\""), HasSubstr("fill=\"#fde725\""), HasSubstr("class=\"hole\"")));
  EXPECT_TRUE(dark_cell(map, 0));
  EXPECT_FALSE(dark_cell(map, 1));
}

}  // namespace
}  // namespace muster
