#include "harness/project/draws.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/core/statistics.hpp"

namespace muster::project {
namespace {

std::vector<double> all(std::vector<Draw> const& draws, double Draw::*field) {
  std::vector<double> values;
  for (auto const& draw : draws) values.push_back(draw.*field);
  return values;
}

TEST(Draws, OfOneSeedAreTheSame) {
  auto const first = make_draws(50, 7), second = make_draws(50, 7), other = make_draws(50, 8);
  EXPECT_EQ(all(first, &Draw::compute), all(second, &Draw::compute));
  EXPECT_EQ(all(first, &Draw::gpu_tail), all(second, &Draw::gpu_tail));
  EXPECT_NE(all(first, &Draw::compute), all(other, &Draw::compute));
}

/// So that figures do not differ from one machine to the next.
TEST(Draws, OfASeedAreTheseEverywhere) {
  auto const draws = make_draws(10, 1);
  EXPECT_NEAR(draws[0].compute, -0.518363256807, 1e-9);
  EXPECT_NEAR(draws[9].gpu_tail, 0.450050763277119, 1e-12);
}

TEST(Draws, AreStandardNormal) {
  auto const draws = make_draws(400, 3);
  for (double Draw::*const field :
       {&Draw::compute, &Draw::between, &Draw::failures, &Draw::hpl, &Draw::step_spread, &Draw::power}) {
    auto const values = all(draws, field);
    EXPECT_NEAR(median(values), 0, 0.01);
    EXPECT_NEAR(standard_deviation(values), 1, 0.02);
    EXPECT_NEAR(quantile(values, 0.9), 1.2816, 0.02);
  }
}

TEST(Draws, HaveEveryTailOnce) {
  auto tails = all(make_draws(100, 3), &Draw::gpu_tail);
  std::ranges::sort(tails);
  for (std::size_t i = 0; i < tails.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(tails[i] * 100), i);
  }
}

TEST(Draws, AreIndependentOfEachOther) {
  auto const draws = make_draws(400, 3);
  double sum = 0;
  for (auto const& draw : draws) sum += draw.compute * draw.between;
  EXPECT_LT(std::abs(sum / 400), 0.15);  // three standard deviations
}

TEST(Draws, HalfAreOfNodesSlowTogether) {
  EXPECT_EQ(std::ranges::count_if(make_draws(400, 3), &Draw::by_node), 200);
}

}  // namespace
}  // namespace muster::project
