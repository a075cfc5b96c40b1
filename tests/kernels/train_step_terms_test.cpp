// Which outputs go to which operands of the next layer: each to one at least, and gradients back the same
// way.
#include "kernels/train_step/layer_terms.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace muster::train {
namespace {

struct Sizes {
  std::uint64_t outputs, inputs, operands;
};
// As many; more, once and nine times; fewer, with and without a rest; attention behind queries, keys and
// values, behind scores, and with a w that takes all or more; one element.
constexpr Sizes layers[] = {{64, 64, 0},   {64, 80, 0},  {64, 576, 0},  {64, 16, 0},  {64, 21, 0},
                            {96, 32, 32},  {64, 64, 32}, {128, 32, 16}, {96, 32, 64}, {96, 32, 96},
                            {96, 32, 300}, {7, 20, 15},  {50, 7, 11},   {9, 1, 0},    {1, 9, 2}};

using Pairs = std::map<std::pair<std::uint64_t, std::uint64_t>, int>;  // output, element of x or w: how often

Pairs forward(Terms const& terms) {
  Pairs pairs;
  for (std::uint64_t i = 0; i < terms.count; ++i) terms.each(i, [&](std::uint64_t k) { ++pairs[{k, i}]; });
  return pairs;
}
Pairs backward(Terms const& terms) {
  Pairs pairs;
  for (std::uint64_t k = 0; k < terms.count; ++k) terms.each(k, [&](std::uint64_t i) { ++pairs[{k, i}]; });
  return pairs;
}

TEST(LayerTerms, EveryOutputIsUsed) {
  for (auto const [outputs, inputs, operands] : layers) {
    auto const terms = layer_terms(outputs, inputs, operands);
    std::vector<int> uses(outputs);
    for (auto const* of : {&terms.inputs, &terms.operand}) {
      for (auto const& [pair, times] : forward(*of)) uses.at(pair.first) += times;
    }
    EXPECT_GT(std::ranges::min(uses), 0) << outputs << " " << inputs << " " << operands;
    if (inputs + operands <= outputs) {
      EXPECT_EQ(std::ranges::max(uses), 1) << "x takes what w leaves";
    }
  }
}

TEST(LayerTerms, GradientsGoBackTheWayThatOutputsCame) {
  for (auto const [outputs, inputs, operands] : layers) {
    auto const terms = layer_terms(outputs, inputs, operands);
    EXPECT_EQ(terms.inputs.count, inputs);
    EXPECT_EQ(terms.operand.count, operands);
    EXPECT_EQ(terms.input_gradient.count, outputs);
    EXPECT_EQ(forward(terms.inputs), backward(terms.input_gradient)) << outputs << " " << inputs;
    EXPECT_EQ(forward(terms.operand), backward(terms.operand_gradient)) << outputs << " " << operands;
  }
}

TEST(LayerTerms, EveryElementIsMadeOfSomethingAndOperandsOfOneOutput) {
  for (auto const [outputs, inputs, operands] : layers) {
    auto const terms = layer_terms(outputs, inputs, operands);
    double squares = 0;  // of x, where outputs are independent and of size 1
    for (std::uint64_t i = 0; i < inputs; ++i) {
      std::uint64_t found = 0;
      terms.inputs.each(i, [&](std::uint64_t) { ++found; });
      EXPECT_EQ(found, terms.inputs.number(i));
      EXPECT_GE(found, 1U);
      EXPECT_LE(found, terms.inputs.most());
      squares += static_cast<double>(found) * terms.input_scale * terms.input_scale;
    }
    EXPECT_NEAR(squares, static_cast<double>(inputs), 1e-9 * static_cast<double>(inputs));
    for (std::uint64_t i = 0; i < operands; ++i) EXPECT_EQ(terms.operand.number(i), 1U);
    EXPECT_EQ(terms.operand_gradient.end > 0 && operands == 0 ? terms.operand_gradient.number(0) : 0, 0U);
  }
}

// Kernels wrap an element's first term alone.
TEST(LayerTerms, SeveralTermsLieBehindEachOther) {
  for (auto const [outputs, inputs, operands] : layers) {
    auto const terms = layer_terms(outputs, inputs, operands);
    for (auto const* of : {&terms.inputs, &terms.operand, &terms.input_gradient, &terms.operand_gradient}) {
      for (std::uint64_t i = 0; i < of->count; ++i) {
        for (auto k = of->first(i) + of->count; k < of->end; k += of->count)
          EXPECT_EQ(of->at(k), k - of->begin + of->offset);
      }
    }
    EXPECT_EQ(terms.inputs.begin + terms.operand.begin + terms.input_gradient.begin, 0U);
  }
}

TEST(LayerTerms, PacksAreTheSameOfNeighbours) {
  auto const terms = layer_terms(96, 32, 300 * 4), packs = layer_terms(24, 8, 300);
  for (auto const& [whole, part] : {std::pair{terms.inputs, packs.inputs},
                                    {terms.operand, packs.operand},
                                    {terms.input_gradient, packs.input_gradient},
                                    {terms.operand_gradient, packs.operand_gradient}}) {
    ASSERT_TRUE(in_whole_packs(whole, 4));
    EXPECT_EQ(forward(in_packs(whole, 4)), forward(part));
  }
  EXPECT_FALSE(in_whole_packs(layer_terms(96, 32, 30).operand, 4));
  EXPECT_FALSE(in_whole_packs(layer_terms(95, 32, 0).inputs, 4));
  EXPECT_FALSE(in_whole_packs(layer_terms(96, 31, 0).inputs, 4));
}

}  // namespace
}  // namespace muster::train
