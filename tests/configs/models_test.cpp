// Shipped models, as training runs them, held against what is published of the networks.
#include <gtest/gtest.h>

#include <filesystem>
#include <numeric>
#include <string_view>

#include "harness/plan/model.hpp"
#include "harness/plan/planner.hpp"

namespace muster {
namespace {

std::filesystem::path const models = std::filesystem::path(MUSTER_CONFIGS) / "models";

Model model_named(std::string const& name) {
  auto const file = models / (name + ".toml");
  Faults faults(file);
  auto model = read_model(file, faults);
  EXPECT_EQ(faults.report(), "");
  return model;
}

/// Summed over all layers, repeats written out.
template <class Value>
double over_layers(train::Network const& network, Value&& value) {
  auto const layers = layers_of(network);
  return std::accumulate(layers.begin(), layers.end(), 0.0,
                         [&](double sum, Layer const& layer) { return sum + value(layer); });
}

double weights_of(Layer const& layer) {
  return layer.weights ? static_cast<double>(layer.outputs * layer.inputs * layer.batch) : 0;
}

/// Multiplications with the addition that goes with each, of a forward pass.
double multiply_adds(Layer const& layer) {
  return static_cast<double>(layer.rows * layer.outputs) * static_cast<double>(layer.inputs * layer.batch);
}

double multiply_adds_with_weights(Layer const& layer) { return layer.weights ? multiply_adds(layer) : 0; }

double parameters_of(train::Network const& network) {
  return over_layers(network, weights_of) + static_cast<double>(network.other_parameters);
}

/// Two operations each, and twice as many backward as forward.
double trained_flops_of_token(train::Network const& network) {
  return 6 * over_layers(network, multiply_adds_with_weights) /
         static_cast<double>(network.samples * network.tokens);
}

void expect_within(double share, double value, double published) {
  EXPECT_NEAR(value / published, 1, share) << value << ", published: " << published;
}

TEST(ShippedModels, SayWhereTheyAreFromAndTravelAsText) {
  int trained = 0;
  for (auto const& name : suite_names(models)) {
    auto const model = model_named(name);
    EXPECT_EQ(model.name, name);
    EXPECT_FALSE(model.summary.empty() || model.source.empty()) << name;
    if (!model.network) continue;
    EXPECT_EQ(train::network_from_text(train::to_text(*model.network)), *model.network) << name;
    EXPECT_NE(model.network->input, train::Network::Input::none) << name;
    ++trained;
  }
  EXPECT_GE(trained, 6);
}

/// torchvision's documentation of resnet50: 25,557,032 parameters, 4.09 GFLOPS (multiply-adds). He et al.,
/// table 1, give 3.8e9 for the variant with the stride in the 1x1 convolutions.
TEST(ShippedModels, ResNet50) {
  auto const network = *model_named("resnet-50").network;
  EXPECT_EQ(parameters_of(network), 25'557'032);
  expect_within(0.005, over_layers(network, multiply_adds) / static_cast<double>(network.samples), 4.09e9);
}

/// Parameters: 336,226,108 of BERT-large with its pre-training heads (Devlin et al. round to 340M); here with
/// 6 padded words. Operations: 7.9e10 for an inference of 128 tokens without heads (Clark et al., ELECTRA,
/// 2020, table 8).
TEST(ShippedModels, BertLarge) {
  auto const network = *model_named("bert-large").network;
  expect_within(0.0001, parameters_of(network), 336'226'108);
  auto const& block = network.blocks.front();
  double flops = 0;
  for (auto const& layer : block.layers)
    flops += 2 * multiply_adds(layer) / (layer.weights ? 4.0 : 16.0) / static_cast<double>(network.samples);
  expect_within(0.01, flops * static_cast<double>(block.repeat), 7.9e10);
}

/// Brown et al., table D.1: 12,850 and 174,600 million parameters; 2.31e22 and 3.14e23 operations for 300e9
/// tokens, attention's products not counted.
TEST(ShippedModels, Gpt3) {
  auto const network = *model_named("gpt3-13b").network;
  expect_within(0.001, parameters_of(network), 12'850e6);
  expect_within(0.005, trained_flops_of_token(network), 2.31e22 / 300e9);
}

/// Each of 8 GPUs has an eighth of it, and the parameters that all of them have.
TEST(ShippedModels, Gpt3OverEightGpus) {
  auto const network = *model_named("gpt3-175b-tp8").network;
  EXPECT_EQ(network.tensor_parallel, 8);
  expect_within(0.003, 8 * parameters_of(network), 174'600e6);
  expect_within(0.005, 8 * trained_flops_of_token(network), 3.14e23 / 300e9);
  for (auto const& layer : layers_of(network, 1)) {
    EXPECT_EQ(layer.sum_outputs, layer.name == "projection" || layer.name == "fc2") << layer.name;
    EXPECT_EQ(layer.sum_gradients, layer.name == "qkv" || layer.name == "fc1" || layer.name == "logits")
        << layer.name;
  }
}

/// 8,030,261,248 parameters (the published checkpoint's). Operations of a token in training, attention's with
/// them: 6 N + 12 L H Q T (Chowdhery et al., PaLM, 2022, appendix B), N the parameters that are multiplied.
TEST(ShippedModels, Llama3) {
  auto const network = *model_named("llama-3-8b").network;
  EXPECT_EQ(parameters_of(network), 8'030'261'248);
  double const multiplied = 8'030'261'248.0 - 128'256.0 * 4096;
  double const flops = 6 * over_layers(network, multiply_adds) / static_cast<double>(network.tokens);
  expect_within(0.0005, flops, 6 * multiplied + 12.0 * 32 * 32 * 128 * 8192);
}

/// The trunk is torchvision's regnet_y_8gf: 39,381,472 parameters with 2,017,000 of the classifier, 86,528 of
/// normalisations and 5,112,472 of squeeze-and-excitation; 8.47 GFLOPS (multiply-adds) for 224 x 224.
TEST(ShippedModels, CameraVideosTrunk) {
  auto const network = *model_named("camera-video").network;
  auto const of_trunk = [](auto value) {
    return [value](Layer const& layer) {
      bool const trunk = layer.name == "stem" || layer.name.starts_with("stage");
      return trunk ? value(layer) : 0.0;
    };
  };
  EXPECT_EQ(over_layers(network, of_trunk(weights_of)), 39'381'472 - 2'017'000 - 86'528 - 5'112'472);
  double const pixels = 224.0 * 224 / (1280.0 * 960);
  expect_within(
      0.005, over_layers(network, of_trunk(multiply_adds)) * pixels / static_cast<double>(network.pictures),
      8.47e9);
  EXPECT_EQ(network.pictures, 8 * 2) << "cameras, moments";
  EXPECT_NEAR(static_cast<double>(network.size * network.size) / (1280.0 * 960), 1, 0.01);
}

}  // namespace
}  // namespace muster
