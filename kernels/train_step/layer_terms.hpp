// Which of a layer's outputs the operands of the next one are made of, and where gradients go back: said
// once, for the host's loops, the kernels of a GPU, the reference and the checks.
#pragma once
#include <cstdint>

#include "kernels/contract/portable.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster::train {

/// i mod size, without a division where i and size are below 2^32: i x (2^64 / size + 1) / 2^64 is i / size
/// exactly there, since the factor's error stays below 2^-32 (Granlund and Montgomery, "Division by invariant
/// integers using multiplication", 1994); and i itself where it always is below size.
struct Wrap {
  __extension__ using Wide = unsigned __int128;
  std::uint64_t size = 1;
  std::uint64_t factor = 0;  ///< 0: a plain division
  bool wraps = false;

  MUSTER_HD std::uint64_t rest(std::uint64_t i) const {
    if (!wraps) return i;
    if (factor == 0) return i % size;
    auto const quotient = static_cast<std::uint64_t>((static_cast<Wide>(i) * factor) >> 64);
    return i - quotient * size;
  }
};
/// For i < `below`.
Wrap wrap_of(std::uint64_t size, std::uint64_t below);

/// What the elements of an array are made of: element i < count is the sum of another array's elements at(k)
/// over k = first(i), first(i) + count, ... below `end`. Where there are several, none wraps.
struct Terms {
  std::uint64_t count = 0;
  std::uint64_t begin = 0, end = 0;  ///< of k; begin < count
  std::uint64_t offset = 0;          ///< of `begin` in the other array
  Wrap wrap{};                       ///< its size

  MUSTER_HD std::uint64_t first(std::uint64_t i) const { return i < begin ? i + count : i; }
  MUSTER_HD std::uint64_t at(std::uint64_t k) const { return wrap.rest(k - begin + offset); }

  template <class Use>
  void each(std::uint64_t i, Use const& use) const {
    for (auto k = first(i); k < end; k += count) use(at(k));
  }
  /// Of element i.
  std::uint64_t number(std::uint64_t i) const {
    return first(i) < end ? (end - first(i) + count - 1) / count : 0;
  }
  std::uint64_t most() const { return (end - begin + count - 1) / count; }  ///< of any element
};

/// `terms` terms for `count` elements, the first one for element `begin` < count: those of an array of `size`
/// elements from its element `offset` on, in turn.
Terms terms_of(std::uint64_t count, std::uint64_t begin, std::uint64_t terms, std::uint64_t offset,
               std::uint64_t size);

/// The same of packs of `pack` neighbours: possible where all numbers are multiples of it.
bool in_whole_packs(Terms const& terms, int pack);
Terms in_packs(Terms const& terms, int pack);

/// machine.hpp's sums, of a layer that is not the first. Every output before has a term in x or in w: one
/// that had none would have a gradient of 0, and products of zeros are no work for a GPU that its power
/// limits.
struct LayerTerms {
  Terms inputs{}, operand{};  ///< x and w (end = 0: weights), of the outputs before; begin = 0
  Terms input_gradient{}, operand_gradient{};  ///< the gradient of these, of dx (begin = 0) and of dw
  double input_scale = 1;                      ///< times x's sums: they keep the size of their terms
};
/// `outputs` were made; x has `inputs` elements, w `operands` (0: weights).
LayerTerms layer_terms(std::uint64_t outputs, std::uint64_t inputs, std::uint64_t operands);
LayerTerms layer_terms(StepPlan const& plan, int layer);

/// The embedding's gradient, of dx_0.
Terms embedding_terms(StepPlan const& plan);

/// 1 / sqrt(inputs): of a w without weights.
double operand_scale(PlannedLayer const& layer);

}  // namespace muster::train
