// Which elements of a training step's arrays are looked at, and where the numbers lie that they are made of.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/train_step/machine.hpp"

namespace muster::train {

/// Every `step`-th element of an array.
struct Line {
  std::uint64_t first = 0, step = 1, count = 0;
};

/// An element that is a sum of products, and its factors' places.
struct ProductElement {
  std::uint64_t index = 0;
  Line left{}, right{};
};

ProductElement output_element(PlannedLayer const& layer, std::uint64_t index);            ///< y of x and w
ProductElement operand_gradient_element(PlannedLayer const& layer, std::uint64_t index);  ///< dw of dy and x
ProductElement input_gradient_element(PlannedLayer const& layer, std::uint64_t index);    ///< dx of dy and w

/// `wanted` of `count` indices, sorted: the first, the last, and random ones; all, where there are no more.
std::vector<std::uint64_t> sampled_indices(std::uint64_t key, std::uint64_t count, std::uint64_t wanted);

/// How many elements are looked at that need `numbers` others each: 6, fewer where that would be more than
/// 2^17 numbers, at least 1.
std::uint64_t sample_count(std::uint64_t numbers);

/// Indices among all parameters: of every layer and the embedding, and both ends of every bucket.
std::vector<std::uint64_t> sampled_parameters(StepPlan const& plan, std::uint64_t key);

/// One read for all of them.
std::vector<std::vector<double>> read_lines(StepMachine& machine, Array array, int layer,
                                            std::vector<Line> const& lines);

/// "conv1 (layer 0)".
std::string layer_name(StepPlan const& plan, int layer);
/// Of an index among all parameters; -1: the embedding's; -2: no layer's.
int layer_of_parameter(StepPlan const& plan, std::uint64_t index);
/// "weight 12 of conv1 (layer 0)".
std::string parameter_name(StepPlan const& plan, std::uint64_t index);

}  // namespace muster::train
