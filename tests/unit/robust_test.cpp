// Robust z and its limits against values that SciPy gave (stats.median_abs_deviation, scale="normal").
#include "harness/analyze/robust.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace muster {
namespace {

TEST(RobustScale, IsSciPys) {
  std::vector<double> const values{2.1, 2.3, 1.9, 2.0, 2.2, 2.4, 7.0, 2.05, 1.0};
  auto const scale = robust_scale(values, 0);
  EXPECT_DOUBLE_EQ(scale.middle, 2.1);
  EXPECT_NEAR(scale.spread, 0.29652044, 1e-6);
  EXPECT_NEAR(robust_z(1.0, scale), -3.7096937, 1e-5);
}

TEST(RobustScale, OneWildValueOfManyMovesItLittle) {
  std::vector<double> values{1, 2, 3, 4, 5, 6, 7, 8, 9};
  auto const before = robust_scale(values, 0);
  values.back() = 1e9;
  EXPECT_DOUBLE_EQ(robust_scale(values, 0).middle, before.middle);
  EXPECT_DOUBLE_EQ(robust_scale(values, 0).spread, before.spread);
}

TEST(RobustScale, EqualValuesHaveTheLeastSpread) {
  std::vector<double> const values{1, 1, 1, 1, 1, 1, 1, 0.9999};
  auto const scale = robust_scale(values, 0.001);
  EXPECT_DOUBLE_EQ(scale.spread, 0.001);
  EXPECT_GT(robust_z(0.9999, scale), -1);
}

TEST(ZLimit, IsWiderForFewPeers) {
  EXPECT_NEAR(z_limit(5, 8), 6.72, 0.005);
  EXPECT_NEAR(z_limit(5, 16), 5.43, 0.005);
  EXPECT_NEAR(z_limit(5, 5760), 5, 1e-5);
}

}  // namespace
}  // namespace muster
