// What the kernels of a training step are told, as plain data: sizes, and how arrays of other lengths go
// round.
#pragma once
#include <cstdint>

#include "kernels/contract/portable.hpp"
#include "kernels/train_step/step_input.hpp"
#include "kernels/training/adamw.hpp"

namespace muster::train::cuda {

/// i mod size, without a division where i and size are below 2^32: i x (2^64 / size + 1) / 2^64 is i / size
/// exactly there, since the factor's error stays below 2^-32 (Granlund and Montgomery, "Division by invariant
/// integers using multiplication", 1994).
struct Wrap {
  __extension__ using Wide = unsigned __int128;
  std::uint64_t size = 1;
  std::uint64_t factor = 0;  ///< 0: a plain division

  MUSTER_HD std::uint64_t rest(std::uint64_t i) const {
    if (factor == 0) return i % size;
    auto const quotient = static_cast<std::uint64_t>((static_cast<Wide>(i) * factor) >> 64);
    return i - quotient * size;
  }
};
/// For i < `below`.
Wrap wrap_of(std::uint64_t size, std::uint64_t below);

/// How an array of `size` elements is read again and again: element i of the longer one is (i + offset) mod
/// size.
struct Round {
  Wrap by_element{}, by_pack{};
  std::uint64_t offset = 0;
  bool wraps = false;
  bool wide = false;  ///< 16 bytes at a time are possible
};
/// For `count` elements, of which `pack` make 16 bytes. `size` > 0.
Round round_of(std::uint64_t count, std::uint64_t size, std::uint64_t offset, int pack);

/// `count` elements of y went to x, `inputs` long, in turn; and on from where that ended to w, `operands`
/// long (0: there is none), times `scale`.
struct Adjoint {
  std::uint64_t count = 0, inputs = 0, operands = 0;
  std::uint64_t offset = 0;  ///< inputs mod count
  float scale = 1;
  bool wide = false;
};
Adjoint adjoint_of(std::uint64_t count, std::uint64_t inputs, std::uint64_t operands, float scale, int pack);

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
