// Small networks with every kind of layer, for tests of the training step.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kernels/train_step/step_plan.hpp"

namespace muster::train::test {

/// A network of these layers; `samples` of 2.
inline Network network_of_layers(std::vector<NetworkLayer> layers, std::int64_t other_parameters = 0) {
  Network network;
  network.name = "small";
  network.samples = 2;
  network.other_parameters = other_parameters;
  network.blocks.push_back({"all", 1, std::move(layers)});
  return network;
}

/// Every kind at once: x larger and smaller than the y it is made of, groups, a product of activations, an
/// embedding smaller than x_0.
inline Network every_kind() {
  return network_of_layers(
      {{.name = "first", .rows = 12, .outputs = 10, .inputs = 7},
       {.name = "window", .rows = 12, .outputs = 8, .inputs = 36},
       {.name = "groups", .rows = 6, .outputs = 5, .inputs = 4, .batch = 3},
       {.name = "scores", .rows = 6, .outputs = 6, .inputs = 4, .batch = 2, .weights = false},
       {.name = "same", .rows = 6, .outputs = 12, .inputs = 12},
       {.name = "last", .rows = 4, .outputs = 9, .inputs = 11}},
      50);
}

/// every_kind() with each kind of input, as the parameter `network` has them; that without one first.
inline std::vector<std::string> network_texts() {
  std::vector<std::string> texts;
  for (auto const input : {Network::Input::none, Network::Input::tokens, Network::Input::pictures}) {
    auto network = every_kind();
    network.input = input;
    network.sample_bytes = input == Network::Input::tokens ? 3000 : 0;
    network.size = 32;
    texts.push_back(to_text(network));
  }
  return texts;
}

/// every_kind() with sums over the ranks that share layers. Up to layer 4 each has its own numbers.
inline Network shared_layers(int sharing = 2) {
  auto network = every_kind();
  network.tensor_parallel = sharing;
  auto& layers = network.blocks.front().layers;
  layers[4].sum_outputs = true;
  layers[2].sum_gradients = layers[4].sum_gradients = true;
  return network;
}

/// Buckets so small that there are several.
inline StepOptions small_buckets(Type type = Type::fp32) {
  return {.type = type, .bucket_bytes = 400 * bytes_of(type)};
}

}  // namespace muster::train::test
