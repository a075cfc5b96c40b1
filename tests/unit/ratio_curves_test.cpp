#include "harness/project/ratio_curves.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace muster::project {
namespace {

using Ratios = std::vector<Ratio>;

double at(Ratios const& ratios, double bytes, int nodes) {
  return std::exp(RatioCurves(ratios).log_at(bytes, nodes));
}

TEST(RatioCurves, NothingMeasuredLeavesEstimatesAlone) {
  RatioCurves const none(Ratios{});
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.log_at(1e6, 8), 0);
  EXPECT_EQ(none.median_log(), 0);
  EXPECT_EQ(none.most_nodes(), 0);
  EXPECT_FALSE(none.spread());
  EXPECT_FALSE(none.growth());
}

TEST(RatioCurves, SizesLieOnALineOfLogarithms) {
  Ratios const ratios{{1024, 1, 4}, {1024 * 1024, 1, 1}};
  EXPECT_NEAR(at(ratios, 1024, 1), 4, 1e-12);
  EXPECT_NEAR(at(ratios, 32 * 1024, 1), 2, 1e-12) << "half-way between 2^10 and 2^20";
  EXPECT_NEAR(at(ratios, 8, 1), 4, 1e-12) << "as at the nearest end";
  EXPECT_NEAR(at(ratios, 1e12, 1), 1, 1e-12);
  EXPECT_NEAR(at(ratios, 0, 1), 4, 1e-12);
}

TEST(RatioCurves, RepetitionsCountByTheirMedian) {
  EXPECT_NEAR(at({{1024, 1, 1.1}, {1024, 1, 9}, {1024, 1, 1.2}}, 1024, 1), 1.2, 1e-12);
}

TEST(RatioCurves, NodesBetweenMeasuredOnesLieOnALineOfLogarithms) {
  Ratios const ratios{{1024, 2, 1}, {1024, 32, 4}};
  EXPECT_NEAR(at(ratios, 1024, 2), 1, 1e-12);
  EXPECT_NEAR(at(ratios, 1024, 8), 2, 1e-12);
  EXPECT_NEAR(at(ratios, 1024, 32), 4, 1e-12);
}

TEST(RatioCurves, ATrendIsNotCarriedOn) {
  Ratios const ratios{{1024, 2, 1}, {1024, 8, 2}};
  EXPECT_NEAR(at(ratios, 1024, 720), 2, 1e-12);
  EXPECT_NEAR(at({{1024, 4, 3}, {1024, 8, 2}}, 1024, 2), 3, 1e-12);
}

// 8 nodes have large sums only: small ones are told by 2 nodes, not by the end of the large ones' line.
TEST(RatioCurves, ASizeIsToldByTheMostNodesThatHaveIt) {
  Ratios const ratios{{1024, 2, 3}, {1 << 30, 2, 1}, {1 << 28, 8, 1.5}, {1 << 30, 8, 1.5}};
  EXPECT_NEAR(at(ratios, 1024, 720), 3, 1e-12);
  EXPECT_NEAR(at(ratios, 1 << 30, 720), 1.5, 1e-12);
  EXPECT_NEAR(at(ratios, 1 << 27, 720), 1.5, 1e-12) << "within a doubling of what was measured";
  EXPECT_NEAR(std::exp(RatioCurves(ratios).median_log()), 1.5, 1e-12) << "on the most nodes";
}

TEST(RatioCurves, TheMedianIsOfSizesThatGradientsHave) {
  Ratios const small{{8, 2, 5}, {64, 2, 4}, {512, 2, 3}};
  EXPECT_NEAR(std::exp(RatioCurves(small).median_log()), 4, 1e-12);
  auto both = small;
  both.insert(both.end(), {{1 << 20, 2, 1.3}, {1 << 26, 2, 1.2}, {1 << 30, 2, 1.1}});
  EXPECT_NEAR(std::exp(RatioCurves(both).median_log()), 1.2, 1e-12);
}

TEST(RatioCurves, SizesThatNobodyHasAreToldByTheNearestNodes) {
  Ratios const ratios{{1 << 20, 2, 3}, {1 << 20, 8, 2}};
  EXPECT_NEAR(at(ratios, 1 << 30, 16), 2, 1e-12);
  EXPECT_NEAR(at(ratios, 1 << 30, 4), 3, 1e-12);
  EXPECT_NEAR(at({{1 << 20, 4, 3}}, 1 << 30, 2), 3, 1e-12);
}

TEST(RatioCurves, OnePointSaysNothingOfSpread) {
  EXPECT_FALSE(RatioCurves(Ratios{{1024, 2, 1.3}}).spread());
  EXPECT_FALSE(RatioCurves(Ratios{{1024, 2, 1.3}, {2048, 2, 1.1}}).spread()) << "nor do two sizes";
}

TEST(RatioCurves, SpreadIsOfRepetitionsAndOfSizesOffTheirNeighboursLine) {
  // +- 0.1 about the median of three: squares 0.01, 0, 0.01, of which two are free
  Ratios const repeated{{1024, 2, std::exp(-0.1)}, {1024, 2, 1}, {1024, 2, std::exp(0.1)}};
  EXPECT_NEAR(RatioCurves(repeated).spread().value(), 0.1, 1e-12);
  Ratios const bent{{1024, 2, 1}, {2048, 2, std::exp(0.2)}, {4096, 2, 1}};
  EXPECT_NEAR(RatioCurves(bent).spread().value(), 0.05, 1e-12);
  Ratios const straight{{1024, 2, 1}, {2048, 2, std::exp(0.2)}, {4096, 2, std::exp(0.4)}};
  EXPECT_NEAR(RatioCurves(straight).spread().value(), 0, 1e-12);
}

TEST(RatioCurves, GrowthIsOfTheFewestToTheMostNodes) {
  Ratios const ratios{{1024, 2, 1}, {1024, 4, std::exp(0.7)}, {1024, 8, std::exp(0.4)}};
  EXPECT_NEAR(RatioCurves(ratios).growth().value(), 0.2, 1e-12);
  EXPECT_FALSE(RatioCurves(Ratios{{1024, 2, 1}}).growth());
  EXPECT_FALSE(RatioCurves(Ratios{{1024, 7, 1}, {1024, 8, 2}}).growth()) << "too near each other";
  EXPECT_FALSE(RatioCurves(Ratios{{8, 2, 1}, {1 << 30, 8, 2}}).growth()) << "no size in common";
}

}  // namespace
}  // namespace muster::project
