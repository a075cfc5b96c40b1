// Expected values: scipy.stats.norm.ppf(p) of SciPy 1.10.1.
#include "harness/core/normal.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace muster {
namespace {

TEST(NormalQuantile, MatchesScipy) {
  struct Known {
    double p, z;
  };
  for (auto const& known :
       {Known{1e-300, -37.0470962993612}, Known{1e-20, -9.262340089798409}, Known{1e-06, -4.753424308822899},
        Known{0.01, -2.3263478740408408}, Known{0.1, -1.2815515655446004}, Known{0.3, -0.5244005127080409},
        Known{0.5, 0.0}, Known{0.7, 0.5244005127080407}, Known{0.9, 1.2815515655446004},
        Known{0.975, 1.959963984540054}, Known{0.9999, 3.719016485455709},
        Known{0.9999999999990905, 7.047700256664409}}) {
    EXPECT_NEAR(normal_quantile(known.p), known.z, 1e-13 * std::max(1.0, std::abs(known.z))) << known.p;
  }
}

TEST(NormalQuantile, TurnsTheDistributionRound) {
  for (double z = -37; z < 8; z += 0.125) {
    double const p = normal_below(z), one_ulp = z > 0 ? 1.2e-16 * std::exp(0.5 * z * z) * 2.6 : 0;
    EXPECT_NEAR(normal_quantile(p), z, 1e-12 + one_ulp) << p;
  }
}

TEST(NormalQuantile, IsOddAboutTheMiddle) {
  EXPECT_NEAR(normal_quantile(0.5), 0, 1e-16);
  EXPECT_EQ(normal_quantile(0.25), -normal_quantile(0.75));
}

}  // namespace
}  // namespace muster
