#include "harness/project/validation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "harness/plan/validation_file.hpp"
#include "harness/project/validation_pairs.hpp"
#include "harness/report/validation_table.hpp"
#include "tests/unit/published_fixture.hpp"

namespace muster::project {
namespace {

std::filesystem::path const source = MUSTER_SOURCE_FOLDER;

ValidationData const& shipped() {
  static auto const data =
      read_validations(validation_files(source / "configs/validation"), source / "configs/clusters");
  return data;
}

Validation const& of_shipped() {
  static auto const validation = validate(shipped());
  return validation;
}

ValidatedPoint const& last(Validation const& validation) { return validation.points.back(); }

/// Any published source with ten points or more that are predicted well would do for the rest.
TEST(Validation, TheBarIsMet) {
  auto const& known = of_shipped().known;
  EXPECT_GE(known.points, 70);
  EXPECT_LE(known.median_error, most_median_error);
  EXPECT_GE(known.inside, least_inside);
  EXPECT_LE(known.worst_error, most_error);
  EXPECT_TRUE(known.passes());
}

/// The one assumption that no other source of figures gives.
TEST(Validation, TheBarIsMetWithoutNoiseAndWithTwiceTheAssumedOne) {
  for (double const noise : {0.0, 0.4e-3})
    EXPECT_TRUE(validate(shipped(), {100, 1, noise}).known.passes()) << noise;
}

TEST(Validation, TheBarIsMetWithOtherDraws) { EXPECT_TRUE(validate(shipped(), {100, 7}).known.passes()); }

TEST(Validation, EveryPublishedFamilyIsThere) {
  std::set<std::string> known;
  for (auto const& point : of_shipped().points)
    if (point.unknown.empty()) known.insert(point.family);
  for (auto const* family : {"MLPerf", "Megatron-LM", "MosaicML", "NVIDIA examples", "HPL", "NCCL"})
    EXPECT_TRUE(known.contains(family)) << family;
}

/// Nothing is predicted from itself or from something larger.
TEST(Validation, SmallerSystemsPredictLargerOnes) {
  for (auto const& series : shipped().series)
    for (auto const& pair : pairs_of(series))
      for (auto const i : pair.from)
        EXPECT_LT(series.points[i].gpus, series.points[pair.target].gpus) << series.name;
}

/// Among those that count.
TEST(Validation, NoFigureIsBothPremiseAndTest) {
  for (auto const& series : shipped().series) {
    std::set<std::size_t> premises, targets;
    for (auto const& pair : pairs_of(series)) {
      if (!pair.unknown.empty()) continue;
      premises.insert(pair.from.begin(), pair.from.end());
      EXPECT_TRUE(targets.insert(pair.target).second) << series.name;
    }
    for (auto const target : targets) EXPECT_FALSE(premises.contains(target)) << series.name;
  }
}

TEST(Validation, AWrongPublishedPointIsOutside) {
  auto const right = validate({{}, {published_series({published_point(1, 0.2), published_point(16, 0.21)})}});
  EXPECT_TRUE(last(right).inside);
  auto const wrong = validate({{}, {published_series({published_point(1, 0.2), published_point(16, 0.4)})}});
  EXPECT_FALSE(last(wrong).inside);
  EXPECT_NEAR(last(wrong).error, -0.47, 0.05);
  EXPECT_FALSE(wrong.known.passes());
}

/// Planted among the shipped ones: the bar notices a source that is wrong throughout.
TEST(Validation, AWrongSourceMissesTheBar) {
  auto data = shipped();
  for (int i = 0; i < 10; ++i)
    data.series.push_back(published_series({published_point(1, 0.2), published_point(16, 0.3)}));
  auto const validation = validate(data, {60, 1});
  EXPECT_FALSE(validation.known.passes());
  EXPECT_GT(validation.known.worst_error, most_error);
}

TEST(Validation, PointsApartDoNotCount) {
  auto const validation =
      validate({{}, {published_series({published_point(1, 0.2, 32), published_point(16, 0.9, 16)})}});
  EXPECT_EQ(validation.known.points, 0);
  EXPECT_EQ(validation.apart.points, 1);
  EXPECT_FALSE(validation.known.passes());
}

/// A line through two figures that are a little uncertain is less sure far from them.
TEST(Validation, BandsWidenWithExtrapolation) {
  auto const width = [](std::vector<PublishedPoint> points) {
    auto const point = last(validate({{}, {published_series(std::move(points))}}));
    return (point.p90 - point.p10) / point.p50;
  };
  EXPECT_GT(width({published_point(1, 0.2), published_point(64, 0.2)}),
            1.3 * width({published_point(1, 0.2), published_point(2, 0.2)}));
  EXPECT_GT(
      width({published_point(1, 0.124, 408), published_point(8, 0.0196, 51), published_point(64, 0.01, 16)}),
      1.2 * width({published_point(1, 0.124, 408), published_point(8, 0.0196, 51),
                   published_point(64, 0.09, 300)}));
}

TEST(Validation, SumsArePredictedFromSmallerSums) {
  auto series = published_series({published_point(1, 2.0e-3), published_point(4, 3.4e-3)});
  series.kind = PublishedKind::sum;
  for (auto& point : series.points) point.bytes = 256 << 20;
  auto const point = last(validate({{}, {series}}));
  EXPECT_LT(std::abs(point.error), 0.15);
  EXPECT_TRUE(point.unknown.empty());
}

TEST(Validation, TheSameFiguresComeOutAgain) {
  auto const once = validate(shipped(), {20, 1}), again = validate(shipped(), {20, 1});
  for (std::size_t i = 0; i < again.points.size(); ++i) EXPECT_EQ(again.points[i].p90, once.points[i].p90);
}

TEST(Validation, TheTableInTheReadmeIsUpToDate) {
  std::ifstream stream(source / "README.md");
  std::string const readme(std::istreambuf_iterator<char>(stream), {});
  EXPECT_NE(readme.find(validation_markdown(of_shipped())), std::string::npos)
      << "put this into README.md, section 'How far a projection is off':\n"
      << validation_markdown(of_shipped());
}

}  // namespace
}  // namespace muster::project
