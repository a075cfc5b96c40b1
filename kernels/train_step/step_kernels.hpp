// What the kernels of a training step are told, as plain data: sizes, and where what they add up lies.
#pragma once
#include <cstdint>

#include "kernels/train_step/layer_terms.hpp"
#include "kernels/train_step/step_input.hpp"
#include "kernels/training/adamw.hpp"

namespace muster::train::cuda {

/// Element i of x (or w): the sum of phi() of its terms, and `signs` x operand_sign(i), times `scale`.
struct Gather {
  Terms terms{};  ///< in packs where `wide`
  float scale = 1, signs = 0;
  bool wide = false;  ///< 16 bytes at a time
};
/// `pack` elements make 16 bytes.
Gather gather_of(Terms const& terms, double scale, bool with_signs, int pack);

/// What comes back to the outputs, `inputs.count` of them, from x and from w (which may have no terms).
struct Adjoint {
  Terms inputs{}, operand{};  ///< in packs where `wide`
  float input_scale = 1, operand_scale = 1;
  bool wide = false;
};
Adjoint adjoint_of(LayerTerms const& terms, double operand_scale, int pack);

/// How an array is read again and again.
struct Round {
  Wrap by_element{}, by_pack{};
  bool wide = false;  ///< 16 bytes at a time are possible
};
/// For `count` elements, of an array of `size` > 0.
Round round_of(std::uint64_t count, std::uint64_t size, int pack);

struct Embed {
  std::uint64_t count = 0;
  Round batch{}, table{};
  BatchView::Kind kind = BatchView::Kind::float32;
  bool wide = false;
};
/// `table`: P's elements; 0: there is none. Throws BadInput for a batch without elements.
Embed embed_of(std::uint64_t count, BatchView const& batch, std::uint64_t table, int pack);

/// The sum over the places of a round: `count` elements, `size` apart, by slices of `places_each`.
struct Slices {
  std::uint64_t count = 0, size = 0, places_each = 0;
  unsigned slices = 1;
  bool wide = false;
};
/// As many slices as give a device of `units` multiprocessors enough to do.
Slices slices_of(std::uint64_t count, std::uint64_t size, int pack, int units);

/// AdamW's step as the device itself counts it, so that a recorded step can be repeated.
struct AdamwClock {
  training::AdamwStep step{};
  double power1 = 1, power2 = 1;  ///< beta^steps
  std::uint64_t steps = 0;
};
AdamwClock adamw_clock(training::AdamwSettings const& settings);  ///< before the first step

/// Parameters on the device; gradient of T, copy null in fp32. `count` is a multiple of 8.
struct AdamwOnDevice {
  float *weight, *m, *v;
  void const* gradient;
  void* copy;
  std::uint64_t count;
};

}  // namespace muster::train::cuda
