// Expected values beside which a call stands: that call, of SciPy 1.10.1.
#include "harness/project/extremes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "harness/core/normal.hpp"

namespace muster::project {
namespace {

using Values = std::vector<double>;

/// `count` quantiles of a distribution, evenly apart.
template <typename Quantile>
Values sample_of(int count, Quantile quantile) {
  Values values;
  for (int i = 0; i < count; ++i) values.push_back(1 + 0.01 * quantile((i + 0.5) / count));
  return values;
}

double exponential_quantile(double p) { return -std::log1p(-p); }

TEST(Spread, TheSlowestOfOneIsTheMedianOne) {
  for (Tail const tail : {Tail::normal, Tail::exponential}) {
    EXPECT_NEAR(Spread(Values{1}, 0.02, tail).slowest(1, 0.5), 0, 1e-12);
    EXPECT_NEAR(Spread(Values{0.9, 1, 1.1}, 0, tail).slowest(1, 0.5), 0, 1e-12);
    EXPECT_NEAR(Spread(sample_of(101, normal_quantile), 0, tail).slowest(1, 0.5), 0, 1e-12);
  }
}

TEST(Spread, TheMedianNeedNotBeOne) {
  EXPECT_NEAR(Spread(Values{90, 100, 110}, 0, Tail::normal).excess(normal_below(1)), 0.1, 1e-9);
}

TEST(Spread, OneValueLeavesWhatIsAssumed) {
  Spread const spread(Values{1}, 0.02, Tail::normal);
  EXPECT_TRUE(spread.is_assumed());
  EXPECT_NEAR(spread.excess(normal_below(2)), 0.04, 1e-9);
}

TEST(Spread, NoValueIsAsOne) { EXPECT_TRUE(Spread(Values{}, 0.02, Tail::normal).is_assumed()); }

TEST(Spread, FewValuesSayHowWideItIs) {
  Spread const spread(Values{0.9, 1, 1.1}, 7, Tail::normal);
  EXPECT_FALSE(spread.is_assumed());
  EXPECT_NEAR(spread.slowest(5760, 0.5), 0.1 * 3.672, 1e-4);  // norm.ppf(0.5 ** (1 / 5760)) = 3.6720...
}

TEST(Spread, WithinASampleItsOwnQuantilesCount) {
  Values values;
  for (int i = 0; i <= 1000; ++i) values.push_back(1 + 1e-6 * i * i);  // nothing like a normal distribution
  Spread const spread(values, 0, Tail::normal);
  EXPECT_NEAR(spread.excess(0.9), (1 + 0.81) / 1.25 - 1, 1e-6);
  EXPECT_NEAR(spread.slowest(2, 0.81), (1 + 0.81) / 1.25 - 1, 1e-6);
}

TEST(Spread, ANormalSampleGoesOnAsItBegan) {
  Spread const spread(sample_of(2000, normal_quantile), 0, Tail::normal);
  for (double const count : {1e3, 5760.0, 1e5}) {
    double const truth = 0.01 * normal_quantile(std::pow(0.5, 1 / count));
    EXPECT_NEAR(spread.slowest(count, 0.5), truth, 0.04 * truth) << count;
  }
}

TEST(Spread, AnExponentialSampleGoesOnAsItBegan) {
  Spread const spread(sample_of(2000, exponential_quantile), 0, Tail::exponential);
  for (double const count : {1e3, 5760.0, 1e5}) {
    double const truth = 0.01 * (exponential_quantile(std::pow(0.5, 1 / count)) - std::numbers::ln2);
    EXPECT_NEAR(spread.slowest(count, 0.5), truth, 0.05 * truth) << count;
  }
}

TEST(Spread, GrowsWithTheCountAlsoBeyondTheSample) {
  for (Tail const tail : {Tail::normal, Tail::exponential}) {
    for (int const size : {1, 8, 20, 300}) {
      Spread const spread(sample_of(size, normal_quantile), 0.01, tail);
      double before = -1;
      for (double count = 1; count < 1e6; count *= 1.3) {
        double const now = spread.slowest(count, 0.5);
        EXPECT_GE(now, before) << size << " values, slowest of " << count;
        before = now;
      }
      EXPECT_GT(before, 0);
    }
  }
}

TEST(Spread, ManyValuesAreDoubtedLess) {
  auto const doubt = [](int size) {
    return Spread(sample_of(size, normal_quantile), 0.01, Tail::normal).doubt();
  };
  EXPECT_GT(doubt(1), doubt(8));
  EXPECT_GT(doubt(8), doubt(100));
  EXPECT_NEAR(doubt(201), 0.05, 1e-12);
}

TEST(Spread, EqualValuesHaveNone) {
  EXPECT_EQ(Spread(Values(8, 1.0), 0.01, Tail::normal).slowest(5760, 0.9), 0);
  EXPECT_EQ(Spread(Values(80, 1.0), 0.01, Tail::exponential).slowest(5760, 0.9), 0);
}

TEST(Harmonic, SumsReciprocals) {
  double sum = 0;
  for (int n = 1; n <= 5760; ++n) {
    sum += 1.0 / n;
    ASSERT_NEAR(harmonic(n), sum, 1e-9) << n;
  }
}

}  // namespace
}  // namespace muster::project
