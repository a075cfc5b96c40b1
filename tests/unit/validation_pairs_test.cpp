#include "harness/project/validation_pairs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/published_fixture.hpp"

namespace muster::project {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// The pair that predicts the series' last point.
PublishedPair last_pair(std::vector<PublishedPoint> points) {
  return pairs_of(published_series(std::move(points))).back();
}

TEST(ValidationPairs, TheSmallestSystemPredictsEveryLargerOneAndIsNeverPredicted) {
  auto const pairs =
      pairs_of(published_series({published_point(4, 1.1), published_point(1, 1), published_point(16, 1.2)}));
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0].target, 0U);
  EXPECT_EQ(pairs[1].target, 2U);
  for (auto const& pair : pairs) {
    EXPECT_THAT(pair.from, ElementsAre(1U));
    EXPECT_EQ(pair.premise, Premise::same_work);
    EXPECT_THAT(pair.unknown, IsEmpty());
  }
}

TEST(ValidationPairs, FewerAccumulatedBatchesOfTheSameSizeAreTheSameWorkMoreAreNot) {
  auto often = published_point(1, 8), seldom = published_point(4, 2);
  often.accumulation = 4;
  EXPECT_EQ(last_pair({often, seldom}).premise, Premise::same_work);
  often.accumulation = 1, seldom.accumulation = 4;
  EXPECT_NE(last_pair({often, seldom}).premise, Premise::same_work);
}

TEST(ValidationPairs, TwoBatchesMakeALineThatIsKnownNearThemOnly) {
  auto const with = [](double local) {
    return last_pair(
        {published_point(1, 0.124, 408), published_point(8, 0.0196, 51), published_point(64, 0.01, local)});
  };
  EXPECT_EQ(with(100).premise, Premise::curve);
  EXPECT_THAT(with(100).from, ElementsAre(0U, 1U));
  EXPECT_THAT(with(100).unknown, IsEmpty());
  EXPECT_THAT(with(16).unknown, IsEmpty());
  EXPECT_THAT(with(12).unknown, HasSubstr("too far"));  // less than a quarter of 51
  EXPECT_THAT(with(490).unknown, IsEmpty());            // a quarter of 357 beyond 408 are 497
  EXPECT_THAT(with(500).unknown, HasSubstr("too far"));
}

TEST(ValidationPairs, ALineOfBatchesCloseToEachOtherIsKnownHardlyBeyondThem) {
  EXPECT_THAT(
      last_pair({published_point(1, 0.249, 32), published_point(2, 0.231, 27), published_point(32, 0.22, 20)})
          .unknown,
      HasSubstr("too far"));
}

TEST(ValidationPairs, OneOtherBatchIsNoPremise) {
  auto const pair = last_pair({published_point(1, 0.186, 56), published_point(8, 0.169, 48)});
  EXPECT_EQ(pair.premise, Premise::proportion);
  EXPECT_THAT(pair.unknown, HasSubstr("batch 48 a GPU was measured on no smaller system (56 was)"));
}

TEST(ValidationPairs, OtherSoftwareAndWhatTheSourceNamesIsSaid) {
  auto small = published_point(1, 1), large = published_point(8, 1.1);
  small.software = "PyTorch", large.software = "MXNet";
  EXPECT_THAT(last_pair({small, large}).unknown, HasSubstr("other software (PyTorch, then MXNet)"));
  small.software = large.software = "";
  small.differs = "a fault of the network";
  EXPECT_EQ(last_pair({small, large}).unknown, "a fault of the network");
}

TEST(ValidationPairs, APremiseThatWasPublishedTwiceMustAgreeWithItself) {
  auto const pair = [](double second) {
    return last_pair({published_point(1, 1), published_point(1, second), published_point(4, 1.1)});
  };
  EXPECT_THAT(pair(1.05).from, ElementsAre(0U, 1U));
  EXPECT_THAT(pair(1.05).unknown, IsEmpty());
  EXPECT_THAT(pair(1.15).unknown, HasSubstr("published twice, 15 % apart"));
}

TEST(ValidationPairs, APremiseThatASmallerSystemContradictsIsNone) {
  auto const pairs = pairs_of(published_series(
      {published_point(2, 0.8, 8), published_point(4, 1.3, 10), published_point(8, 1.05, 10)}));
  EXPECT_THAT(pairs.back().unknown, HasSubstr("(32 GPUs) is slower for each sample than 16 GPUs"));
}

/// What is predicted says nothing of whether its premises are known.
TEST(ValidationPairs, TheFigureThatIsPredictedDecidesNothing) {
  for (double const seconds : {0.001, 1.0, 1000.0})
    EXPECT_THAT(last_pair({published_point(1, 1), published_point(8, seconds)}).unknown, IsEmpty())
        << seconds;
}

TEST(ValidationPairs, SumsOfTwoNodesWithoutTheirAlgorithmArePremisesOfNothing) {
  auto series = published_series({published_point(2, 0.01), published_point(3, 0.02)});
  series.kind = PublishedKind::sum;
  auto const pairs = pairs_of(series);
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0].premise, Premise::description);
  EXPECT_THAT(pairs[0].unknown, HasSubstr("no smaller system"));
  EXPECT_THAT(pairs[1].unknown, HasSubstr("trees"));
  series.points[0].algorithm = "ring";
  EXPECT_THAT(pairs_of(series)[1].unknown, IsEmpty());
}

}  // namespace
}  // namespace muster::project
