#include "harness/measure/stopping.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace muster {
namespace {

TEST(StoppingRule, HasNoIntervalBelowSixSamples) {
  EXPECT_TRUE(std::isinf(StoppingRule::width_of(std::vector<double>{})));
  EXPECT_TRUE(std::isinf(StoppingRule::width_of(std::vector<double>(5, 1.0))));
  EXPECT_DOUBLE_EQ(StoppingRule::width_of(std::vector<double>(6, 1.0)), 0);
}

// Ten samples: the interval runs from the second to the ninth (coverage 97.9 %): (1.009 - 1.002) / 1.0055.
TEST(StoppingRule, TakesTheOrderStatisticsThatCoverTheMedian) {
  std::vector<double> samples;
  for (int i = 1; i <= 10; ++i) samples.push_back(1 + 0.001 * i);
  EXPECT_NEAR(StoppingRule::width_of(samples), 0.007 / 1.0055, 1e-12);
}

TEST(StoppingRule, StopsBelowItsWidthAndNotAtIt) {
  StoppingRule const rule(0.005);
  EXPECT_TRUE(rule.enough(0.0049));
  EXPECT_FALSE(rule.enough(0.005));
  EXPECT_FALSE(rule.enough(std::numeric_limits<double>::infinity()));
  EXPECT_FALSE(rule.enough(std::nan("")));
}

TEST(StoppingRule, AnOutlierDoesNotKeepItGoing) {
  std::vector<double> samples(40, 1.0);
  samples[7] = 50;
  EXPECT_DOUBLE_EQ(StoppingRule::width_of(samples), 0);
}

}  // namespace
}  // namespace muster
