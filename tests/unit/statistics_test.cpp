// Expected values computed once with NumPy 2.4.6 and SciPy 1.17.1, by the calls given beside them.
#include "harness/core/statistics.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace muster {
namespace {

std::vector<double> const eight{3.1, 1.2, 5.5, 2.2, 9.7, 4.4, 0.5, 7.3};

TEST(Quantile, InterpolatesAsNumpyDoes) {  // numpy.quantile(eight, q)
  EXPECT_DOUBLE_EQ(quantile(eight, 0), 0.5);
  EXPECT_DOUBLE_EQ(quantile(eight, 0.05), 0.745);
  EXPECT_DOUBLE_EQ(quantile(eight, 0.25), 1.95);
  EXPECT_DOUBLE_EQ(quantile(eight, 0.5), 3.75);
  EXPECT_DOUBLE_EQ(quantile(eight, 0.9), 8.02);
  EXPECT_DOUBLE_EQ(quantile(eight, 0.95), 8.86);
  EXPECT_DOUBLE_EQ(quantile(eight, 1), 9.7);
}

TEST(Quantile, OfOneValueIsThatValue) {
  std::vector<double> const one{2.5};
  for (double const q : {0.0, 0.3, 1.0}) EXPECT_EQ(quantile(one, q), 2.5);
}

TEST(Quantile, LeavesItsSamplesAsTheyAre) {
  auto const copy = eight;
  quantile(eight, 0.5);
  EXPECT_EQ(eight, copy);
}

TEST(Median, IsTheMiddleOrTheMeanOfTheTwoMiddles) {
  EXPECT_EQ(median(std::vector<double>{9, 1, 5}), 5);
  EXPECT_DOUBLE_EQ(median(eight), 3.75);
}

TEST(Mean, MatchesNumpy) { EXPECT_DOUBLE_EQ(mean(eight), 4.2375); }  // numpy.mean(eight)

TEST(StandardDeviation, DividesByOneLessThanTheCount) {
  EXPECT_DOUBLE_EQ(standard_deviation(eight), 3.150481822560751);  // numpy.std(eight, ddof=1)
  EXPECT_DOUBLE_EQ(standard_deviation(std::vector<double>{2, 4, 4, 4, 5, 5, 7, 9}), 2.138089935299395);
}

TEST(StandardDeviation, OfFewerThanTwoIsZero) {
  EXPECT_EQ(standard_deviation(std::vector<double>{3}), 0);
  EXPECT_EQ(standard_deviation(std::vector<double>{}), 0);
}

TEST(MedianHalfWidth, NeedsSixSamples) {
  EXPECT_EQ(median_half_width(std::vector<double>{}), std::nullopt);
  EXPECT_EQ(median_half_width(std::vector<double>{1, 2, 3, 4, 5}), std::nullopt);
  EXPECT_TRUE(median_half_width(std::vector<double>{1, 2, 3, 4, 5, 6}).has_value());
}

/// 1, 2, ..., n, backwards: order statistic r is r.
std::vector<double> count_down(int n) {
  std::vector<double> values(static_cast<std::size_t>(n));
  std::iota(values.rbegin(), values.rend(), 1.0);
  return values;
}

struct Rank {
  int n, r;
};

// r = max(k for k in range(1, n // 2 + 1) if scipy.stats.binom.cdf(k - 1, n, 0.5) <= 0.025), the lower order
// statistic of the interval; its level is 1 - 2 binom.cdf(r - 1, n, 0.5), 0.9688 for n = 6 down to 0.9537 for
// n = 1000.
TEST(MedianHalfWidth, UsesTheOrderStatisticsOfTheBinomialInterval) {
  for (auto const [n, r] :
       {Rank{6, 1}, {8, 1}, {9, 2}, {10, 2}, {11, 2}, {12, 3}, {20, 6}, {30, 10}, {100, 40}, {1000, 469}}) {
    double const low = r, high = n + 1 - r, middle = 0.5 * (n + 1);
    EXPECT_DOUBLE_EQ(median_half_width(count_down(n)).value_or(-1), 0.5 * (high - low) / middle)
        << "n = " << n;
  }
}

}  // namespace
}  // namespace muster
