#include "kernels/train_step/layer_terms.hpp"

#include <algorithm>
#include <cmath>

namespace muster::train {

Wrap wrap_of(std::uint64_t size, std::uint64_t below) {
  constexpr std::uint64_t narrow = std::uint64_t{1} << 32;
  bool const multiplied = size > 1 && size < narrow && below <= narrow;
  return {size, multiplied ? ~std::uint64_t{0} / size + 1 : 0, below > size};
}

Terms terms_of(std::uint64_t count, std::uint64_t begin, std::uint64_t terms, std::uint64_t offset,
               std::uint64_t size) {
  return {.count = count,
          .begin = begin,
          .end = begin + terms,
          .offset = offset,
          .wrap = wrap_of(size, offset + terms)};
}

bool in_whole_packs(Terms const& terms, int pack) {
  auto const each = static_cast<std::uint64_t>(pack);
  return (terms.count | terms.begin | terms.end | terms.offset | terms.wrap.size) % each == 0;
}

Terms in_packs(Terms const& terms, int pack) {
  auto const each = static_cast<std::uint64_t>(pack);
  return terms_of(terms.count / each, terms.begin / each, (terms.end - terms.begin) / each,
                  terms.offset / each, terms.wrap.size / each);
}

LayerTerms layer_terms(std::uint64_t outputs, std::uint64_t inputs, std::uint64_t operands) {
  // x is made of as many as w leaves; or of the first, and w of those behind, as far as there are any.
  auto const taken = std::max(inputs, outputs - std::min(outputs, operands));
  return {.inputs = terms_of(inputs, 0, taken, 0, outputs),
          .operand = terms_of(operands, 0, operands, taken, outputs),
          .input_gradient = terms_of(outputs, 0, taken, 0, inputs),
          .operand_gradient = terms_of(outputs, taken % outputs, operands, 0, operands),
          .input_scale = std::sqrt(static_cast<double>(inputs) / static_cast<double>(taken))};
}

LayerTerms layer_terms(StepPlan const& plan, int layer) {
  auto const number = static_cast<std::size_t>(layer);
  auto const& of = plan.layers[number];
  return layer_terms(plan.layers[number - 1].output_count(), of.input_count(),
                     of.weights ? 0 : of.operand_count());
}

Terms embedding_terms(StepPlan const& plan) {
  auto const inputs = plan.layers.front().input_count();
  return terms_of(plan.embedding_count, 0, inputs, 0, inputs);
}

double operand_scale(PlannedLayer const& layer) { return 1 / std::sqrt(static_cast<double>(layer.inputs)); }

}  // namespace muster::train
