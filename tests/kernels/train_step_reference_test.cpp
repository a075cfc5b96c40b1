// The plain reference of the training step: its gradients against differences of its loss, its optimiser
// against the formula.
#include "kernels/train_step/reference.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/train_step/step_data.hpp"
#include "tests/kernels/train_step_networks.hpp"

namespace muster::train {
namespace {

constexpr std::uint64_t seed = 11;

StepTeams alone(int ranks) { return step_teams(1, std::vector<int>(static_cast<std::size_t>(ranks))); }

/// dL/dw by a central difference, in double: the loss's third derivative leaves about h^2 of itself.
double difference(Reference& reference, std::uint64_t parameter) {
  constexpr double h = 1e-4;
  double& weight = reference.weights()[parameter];
  double const old = weight;
  weight = old + h;
  double const above = reference.loss();
  weight = old - h;
  double const below = reference.loss();
  weight = old;
  return (above - below) / (2 * h);
}

/// The largest deviation, as a share of the largest gradient, over every `step`-th of a range.
double worst_deviation(StepPlan const& plan, std::uint64_t first, std::uint64_t count) {
  Reference reference(plan, alone(1), seed, Rounding::none);
  reference.gradients();
  auto const gradients = reference.network(0).gradients();
  double worst = 0, largest = 0;
  for (std::uint64_t k = first; k < first + count; ++k) {
    worst = std::max(worst, std::abs(gradients[k] - difference(reference, k)));
    largest = std::max(largest, std::abs(gradients[k]));
  }
  return worst / largest;
}

class GradientOfLayer : public testing::TestWithParam<int> {};

TEST_P(GradientOfLayer, IsTheSlopeOfTheLoss) {
  auto const plan = plan_step(test::every_kind(), {});
  auto const& layer = plan.layers[static_cast<std::size_t>(GetParam())];
  EXPECT_LT(worst_deviation(plan, layer.first, layer.parameter_count()), 1e-5) << layer.name;
}

// All of every_kind() that have weights; what goes back through the others, too.
INSTANTIATE_TEST_SUITE_P(Train, GradientOfLayer, testing::Values(0, 1, 2, 4, 5));

TEST(Reference, TheEmbeddingsGradientIsTheSlopeOfTheLoss) {
  auto const plan = plan_step(test::every_kind(), {});
  EXPECT_LT(worst_deviation(plan, plan.embedding_first, plan.embedding_count), 1e-5);
}

// Each alone behind a plain layer, so that nothing else can hide a fault.
TEST(Reference, EachKindOfLayerPassesOnTheSlopeOfTheLoss) {
  NetworkLayer const plain{.name = "plain", .rows = 6, .outputs = 8, .inputs = 5};
  std::vector<NetworkLayer> const kinds{
      {.name = "larger", .rows = 12, .outputs = 3, .inputs = 16},
      {.name = "smaller", .rows = 2, .outputs = 3, .inputs = 5},
      {.name = "grouped", .rows = 4, .outputs = 3, .inputs = 4, .batch = 3},
      {.name = "attention", .rows = 4, .outputs = 4, .inputs = 3, .batch = 2, .weights = false},
      {.name = "large attention", .rows = 9, .outputs = 7, .inputs = 8, .weights = false}};
  for (auto const& kind : kinds) {
    auto const plan = plan_step(test::network_of_layers({plain, kind}), {});
    EXPECT_LT(worst_deviation(plan, plan.layers[0].first, plan.layers[0].parameter_count()), 1e-5)
        << kind.name;
  }
}

TEST(Reference, LossIsTheMeanSquareOverTwo) {
  auto const plan =
      plan_step(test::network_of_layers({{.name = "one", .rows = 2, .outputs = 3, .inputs = 4}}), {});
  Reference reference(plan, alone(1), seed, Rounding::none);
  double const loss = reference.loss();
  double sum = 0;
  for (std::uint64_t r = 0; r < 2; ++r) {
    for (std::uint64_t o = 0; o < 3; ++o) {
      double y = 0;
      for (std::uint64_t c = 0; c < 4; ++c)
        y += static_cast<double>(fixed_batch(batch_key(seed, 0), r * 4 + c)) *
             static_cast<double>(first_weight(weight_key(seed, 0), o * 4 + c, first_scale(4)));
      sum += std::pow(y - static_cast<double>(target(target_key(seed), r * 3 + o)), 2);
    }
  }
  EXPECT_NEAR(loss, sum / 2 / 6, 1e-14);
}

// Without moments AdamW's first step is one learning rate against the gradient's sign, and the decay.
TEST(Reference, FirstUpdateGoesAgainstTheMeanGradientsSign) {
  auto const plan = plan_step(test::every_kind(), {});
  Reference reference(plan, alone(2), seed, Rounding::none);
  reference.gradients();
  auto const one = reference.network(0).gradients(), other = reference.network(1).gradients();
  auto const before = reference.weights();
  reference.step();
  for (std::size_t k = 0; k < before.size(); ++k) {
    double const mean = (one[k] + other[k]) / 2;
    EXPECT_NEAR(reference.weights()[k],
                before[k] - 1e-3 * (mean / (std::abs(mean) + 1e-8) + 0.01 * before[k]), 1e-12);
    EXPECT_NEAR(reference.first_moment()[k], 0.1 * mean, 1e-15);
  }
}

TEST(Reference, MicroBatchesOfTheSameBatchLeaveTheMean) {
  auto const once = plan_step(test::every_kind(), {}),
             twice = plan_step(test::every_kind(), {.accumulate = 2});
  Reference one(once, alone(1), seed, Rounding::none), two(twice, alone(1), seed, Rounding::none);
  one.step(), two.step();
  for (std::size_t k = 0; k < one.weights().size(); ++k)
    EXPECT_NEAR(one.weights()[k], two.weights()[k], 1e-12);
}

TEST(Reference, RoundingIsThatOfTheStepsType) {
  auto const plan = plan_step(test::every_kind(), {.type = Type::bf16});
  Reference exact(plan, alone(1), seed, Rounding::none), rounded(plan, alone(1), seed);
  exact.gradients(), rounded.gradients();
  auto const y = exact.network(0).outputs(1), of_bf16 = rounded.network(0).outputs(1);
  double off = 0;
  for (std::size_t k = 0; k < y.size(); ++k) {
    EXPECT_EQ(of_bf16[k], stored(Type::bf16, of_bf16[k]));
    off = std::max(off, std::abs(y[k] - of_bf16[k]));
  }
  EXPECT_GT(off, 0);
  EXPECT_LT(off, 0.1);
}

TEST(Reference, RanksThatShareLayersHaveTheMeanOfTheirOutputs) {
  auto const plan = plan_step(test::shared_layers(), {});
  auto const teams = step_teams(2, std::vector<int>{0, 0, 1, 1});
  Reference reference(plan, teams, seed, Rounding::none);
  reference.step();
  EXPECT_EQ(reference.network(0).outputs(4), reference.network(1).outputs(4));
  EXPECT_EQ(reference.network(2).outputs(4), reference.network(3).outputs(4));
  EXPECT_NE(reference.network(0).outputs(4), reference.network(2).outputs(4));
  EXPECT_NE(reference.network(0).outputs(3), reference.network(1).outputs(3));
  EXPECT_NE(reference.weights(0), reference.weights(1));
}

TEST(StepTeams, SharersFollowEachOtherOnANode) {
  auto const teams = step_teams(2, std::vector<int>{0, 0, 0, 0, 1, 1, 1, 1});
  EXPECT_EQ(teams.sharing, 2);
  EXPECT_EQ(teams.sharers, (std::vector{0, 0, 1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(teams.reducers, (std::vector{0, 1, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(StepTeams::team_of(teams.reducers, 2), (std::vector{0, 2, 4, 6}));
}

TEST(StepTeams, RanksOfNodesMayTakeTurns) {
  auto const teams = step_teams(2, std::vector<int>{0, 1, 0, 1});
  EXPECT_EQ(teams.sharers, (std::vector{0, 1, 0, 1}));
  EXPECT_EQ(teams.reducers, (std::vector{0, 0, 1, 1}));
}

TEST(StepTeams, NoMoreShareThanDivideEveryNode) {
  EXPECT_EQ(step_teams(8, std::vector<int>{0, 0}).sharing, 2);
  EXPECT_EQ(step_teams(8, std::vector<int>{0, 0, 0, 1}).sharing, 1);
  EXPECT_EQ(step_teams(4, std::vector<int>{0, 0, 0, 0, 0, 0}).sharing, 3);
  EXPECT_EQ(step_teams(1, std::vector<int>{0, 0, 0, 0}).sharing, 1);
}

TEST(StepTeams, PartsThatNoRankComputesAreTold) {
  auto const facts = facts_of_parts(8, step_teams(8, std::vector<int>{0, 0}));
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].first, "parts_run");
  EXPECT_TRUE(facts[0].second.starts_with("2 of 8 parts of each layer run")) << facts[0].second;
  EXPECT_NE(facts[0].second.find("as if 6 more ranks computed the rest"), std::string::npos);
  EXPECT_TRUE(facts_of_parts(2, step_teams(2, std::vector<int>{0, 0})).empty());
}

}  // namespace
}  // namespace muster::train
