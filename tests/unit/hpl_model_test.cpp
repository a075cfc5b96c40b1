#include "harness/project/hpl_model.hpp"

#include <gtest/gtest.h>

namespace muster::project {
namespace {

Scenario a100() {
  Scenario one;
  one.gpus = 8;
  one.gpu.compute_capability = Stated{8.0, "CUDA"};
  one.gpu.fp16_peak = {312e12, "data sheet"};
  one.gpu.fp64_peak = Stated{19.5e12, "data sheet"};
  return one;
}

// The three systems' geometric mean is 12.44 TF a GPU: 71.6 PF on 5,760.
TEST(Hpl, IsWhatLikeSystemsReached) {
  EXPECT_NEAR(hpl_rate(a100(), 720), 71.6e15, 0.1e15);
  EXPECT_NEAR(hpl_rate(a100(), 360), 0.5 * hpl_rate(a100(), 720), 1e9);
}

TEST(Hpl,
     TheBandHoldsThePublishedSystems) {  // 11.5 to 14.2 TF a GPU, the ends of three: within 1.2 deviations
  double const low = hpl_rate(a100(), 720, 1.2) / 5760, high = hpl_rate(a100(), 720, -1.2) / 5760;
  EXPECT_LT(low, 11.54e12);
  EXPECT_GT(high, 14.16e12);
  EXPECT_GT(low, 10e12);
  EXPECT_LT(high, 15e12);
}

TEST(Hpl, SaysNothingOfOtherGpus) {
  auto h100 = a100(), leonardo = a100();
  h100.gpu.compute_capability = Stated{9.0, "CUDA"};
  leonardo.gpu.fp64_peak = Stated{22e12, "Top500"};
  EXPECT_EQ(hpl_rate(h100, 720), 0);
  EXPECT_EQ(hpl_rate(leonardo, 720), 0);
}

TEST(Hpl, NeedsAPeak) { EXPECT_EQ(hpl_rate(Scenario{}, 720), 0); }

TEST(Rank, OfTheListsOwnSystemsIsTheirs) {
  EXPECT_EQ(rank_on(Top500::november_2020, 442010e12), 1);
  EXPECT_EQ(rank_on(Top500::november_2020, 63460e12), 5);
  EXPECT_EQ(rank_on(Top500::june_2021, 63460e12), 6);
  EXPECT_EQ(rank_on(Top500::june_2021, 64590e12), 5);
  EXPECT_EQ(rank_on(Top500::november_2020, 22400e12), 10);
}

TEST(Rank, FifthNeedsMoreThanSelene) {
  EXPECT_EQ(rank_on(Top500::november_2020, 63.47e15), 5);
  EXPECT_EQ(rank_on(Top500::november_2020, 63.45e15), 6);
  EXPECT_EQ(rank_on(Top500::november_2020, 93.1e15), 4);
  EXPECT_EQ(rank_on(Top500::june_2021, 64.5e15), 6);
}

TEST(Rank, BelowTheFirstTenIsNotKnown) {
  EXPECT_EQ(rank_on(Top500::november_2020, 1e15), below_the_first_ten);
  EXPECT_EQ(rank_on(Top500::june_2021, 0), below_the_first_ten);
}

TEST(Rank, OfTheArticlesClusterWouldBeFifth) {
  EXPECT_EQ(rank_on(Top500::november_2020, hpl_rate(a100(), 720)), 5);
  EXPECT_EQ(rank_on(Top500::june_2021, hpl_rate(a100(), 720)), 5);
}

}  // namespace
}  // namespace muster::project
