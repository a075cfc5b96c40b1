// Gradients of the shipped models, in small likenesses: they reach everything, and keep their size.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <vector>

#include "harness/plan/model.hpp"
#include "harness/plan/planner.hpp"
#include "kernels/train_step/reference.hpp"
#include "kernels/train_step/step_data.hpp"

namespace muster {
namespace {

using train::ReferenceNetwork;
using train::StepPlan;

constexpr std::uint64_t seed = 5;

/// All layers, so small that plain loops do a step of them in a moment.
StepPlan likeness(train::Network const& network) {
  constexpr std::uint64_t most = 50'000'000;
  for (std::int64_t shrink = 4;; shrink *= 2) {
    auto const plan = train::plan_step(network, {.type = train::Type::fp32, .shrink = shrink});
    if (plan.forward_flops() <= most) return plan;
  }
}

struct Sizes {
  double least = 1e300, most = 0;
  void see(double size) {
    least = std::min(least, size);
    most = std::max(most, size);
  }
};

struct Gradients {
  double not_zero = 0, all = 0;  ///< elements of dy, of all layers
  Sizes outputs{};               ///< of a layer's elements
  Sizes norms{};                 ///< of a layer's dy, beside the last one's
};

double norm(std::vector<double> const& values) {
  double squares = 0;
  for (double const value : values) squares += value * value;
  return std::sqrt(squares);
}

Gradients gradients_of(StepPlan const& plan) {
  ReferenceNetwork network(plan, seed, train::Rounding::as_stored);
  auto const first = train::first_weights(plan, seed);
  std::vector<double> const weights(first.begin(), first.end());
  std::vector<double> batch(plan.layers.front().input_count());
  for (std::size_t k = 0; k < batch.size(); ++k)
    batch[k] = static_cast<double>(train::fixed_batch(train::batch_key(seed, 0), k));
  network.embed(weights, batch);
  int const layers = static_cast<int>(plan.layers.size());
  Gradients found;
  for (int layer = 0; layer < layers; ++layer) {
    network.forward(layer, weights);
    auto const& y = network.outputs(layer);
    found.outputs.see(norm(y) / std::sqrt(static_cast<double>(y.size())));
  }
  network.loss();
  double const last = norm(network.output_gradient());
  for (int layer = layers - 1; layer >= 0; --layer) {
    auto const& dy = network.output_gradient();
    found.not_zero += static_cast<double>(std::ranges::count_if(dy, [](double one) { return one != 0; }));
    found.all += static_cast<double>(dy.size());
    found.norms.see(norm(dy) / last);
    network.backward(layer, weights);
  }
  return found;
}

TEST(ShippedModels, GradientsReachEveryOutputAndNeitherVanishNorBlowUp) {
  std::filesystem::path const models = std::filesystem::path(MUSTER_CONFIGS) / "models";
  int trained = 0;
  for (auto const& name : suite_names(models)) {
    SCOPED_TRACE(name);
    auto const file = models / (name + ".toml");
    Faults faults(file);
    auto const model = read_model(file, faults);
    if (!model.network) continue;
    ++trained;
    auto const found = gradients_of(likeness(*model.network));
    EXPECT_GT(found.not_zero / found.all, 0.99);
    EXPECT_GT(found.outputs.least, 1e-4);
    EXPECT_LT(found.outputs.most, 1e2);
    EXPECT_GT(found.norms.least, 1e-4);
    EXPECT_LT(found.norms.most, 1e4);
  }
  EXPECT_GE(trained, 6);
}

}  // namespace
}  // namespace muster
