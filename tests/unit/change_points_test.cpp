#include "harness/analyze/change_points.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace muster {
namespace {

/// Normal numbers by Box and Muller, the same everywhere.
std::vector<double> noise(std::size_t size, double deviation, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  auto const uniform = [&] { return (static_cast<double>(random() >> 11) + 0.5) / 9007199254740992.0; };
  std::vector<double> series;
  while (series.size() < size) {
    double const radius = deviation * std::sqrt(-2 * std::log(uniform()));
    series.push_back(radius * std::cos(6.283185307179586 * uniform()));
  }
  return series;
}

std::vector<double> step(std::size_t size, std::size_t at, double by, std::uint64_t seed) {
  auto series = noise(size, 0.01, seed);
  for (std::size_t i = at; i < size; ++i) series[i] += by;
  return series;
}

/// The definition, sum by sum.
double separation(std::span<double const> left, std::span<double const> right) {
  double between = 0, in_left = 0, in_right = 0;
  for (double const x : left) {
    for (double const y : right) between += std::abs(x - y);
  }
  for (std::size_t i = 0; i < left.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) in_left += std::abs(left[i] - left[j]);
  }
  for (std::size_t i = 0; i < right.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) in_right += std::abs(right[i] - right[j]);
  }
  double const n = static_cast<double>(left.size()), m = static_cast<double>(right.size());
  return n * m / (n + m) *
         (2 / (n * m) * between - in_left * 2 / (n * (n - 1)) - in_right * 2 / (m * (m - 1)));
}

TEST(ChangePoints, TheBestSplitIsThatOfTheDefinition) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto const series = step(25, 9, 0.01, seed);
    auto const found = best_split(series, 3);
    Split best;
    for (std::size_t at = 3; at + 3 <= series.size(); ++at) {
      auto const all = std::span(series);
      double const q = separation(all.first(at), all.subspan(at));
      if (best.at == 0 || q > best.statistic) best = {at, q, 1};
    }
    EXPECT_EQ(found.at, best.at);
    EXPECT_NEAR(found.statistic, best.statistic, 1e-12);
  }
}

TEST(ChangePoints, UnchangedSeriesRarelyHaveOne) {
  int alarms = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed)
    alarms += !change_points(noise(30, 0.01, seed), {}).empty();
  EXPECT_LE(alarms, 8);  // 0.5 % expected: more than 8 of 400 has a chance of 1 in 5,000
  EXPECT_GE(alarms, 1) << "a rule that never finds anything is none";
}

TEST(ChangePoints, AStepOfThreePercentInNoiseOfOneIsFoundAtItsRun) {
  int near = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    auto const found = change_points(step(30, 17, 0.03, seed), {});
    near += std::ranges::any_of(found, [](Split const& one) { return one.at >= 16 && one.at <= 18; });
  }
  EXPECT_GE(near, 44);
}

TEST(ChangePoints, TwoStepsAreTwo) {
  auto series = step(40, 12, 0.05, 3);
  for (std::size_t i = 28; i < series.size(); ++i) series[i] -= 0.05;
  auto const found = change_points(series, {});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].at, 12U);
  EXPECT_EQ(found[1].at, 28U);
}

TEST(ChangePoints, SeriesThatSayNothingHaveNone) {
  EXPECT_TRUE(change_points({}, {}).empty());
  EXPECT_TRUE(change_points(std::vector<double>{1, 2, 3, 4, 5}, {}).empty());
  EXPECT_TRUE(change_points(std::vector<double>(50, 1.0), {}).empty());
}

TEST(ChangePoints, TheSameSeriesGivesTheSamePoints) {
  auto const series = step(30, 10, 0.02, 5);
  auto const once = change_points(series, {}), again = change_points(series, {});
  ASSERT_EQ(once.size(), again.size());
  for (std::size_t i = 0; i < once.size(); ++i) EXPECT_EQ(once[i].p, again[i].p);
}

}  // namespace
}  // namespace muster
