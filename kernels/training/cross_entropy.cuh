// Softmax and cross-entropy on the GPU: one block a token, two passes over its logits. Arrays are aligned to
// 16 bytes, a token's logits are a multiple of 8.
#pragma once
#include "kernels/cuda/block_all.cuh"
#include "kernels/cuda/stream_tiles.cuh"
#include "kernels/training/cross_entropy.hpp"

namespace muster::training::cuda {

using muster::cuda::block_all;
using muster::cuda::block_size;
using muster::cuda::grid_first;
using muster::cuda::grid_step;
using muster::cuda::load_pack;
using muster::cuda::Pack;
using muster::cuda::store_pack;

using Bf16Pack = Pack<std::uint16_t>;

/// Packs of 8 logits that a thread has under way.
inline constexpr int cross_entropy_packs = 4;
/// Most threads of a block; 64 registers each.
inline constexpr int cross_entropy_block = 1024;

/// e^x in total: `sum` times e^`largest`. (Milakov, Gimelshein, 2018, algorithm 3.)
struct Powers {
  float largest, sum;
};

struct Larger {
  __device__ float operator()(float x, float y) const { return x > y ? x : y; }
};
struct Plus {
  __device__ float operator()(float x, float y) const { return x + y; }
};

__device__ inline float largest_of(Bf16Pack const& pack, float largest) {
  for (int i = 0; i < Bf16Pack::size; ++i) {
    float const value = from_bf16(pack.at[i]);
    largest = value > largest ? value : largest;
  }
  return largest;
}

/// One exponential a logit, and one for all packs together to carry the sum over to a new maximum.
__device__ inline void take_in(Powers& powers, Bf16Pack const* packs, int count) {
  float largest = powers.largest;
  for (int j = 0; j < cross_entropy_packs; ++j) {
    if (j < count) largest = largest_of(packs[j], largest);
  }
  float sum = powers.sum * __expf(powers.largest - largest);
  for (int j = 0; j < cross_entropy_packs; ++j) {
    if (j >= count) continue;
    for (int i = 0; i < Bf16Pack::size; ++i) sum += __expf(from_bf16(packs[j].at[i]) - largest);
  }
  powers = {largest, sum};
}

/// The first pass: loads that stay in the L2 for the second one.
__device__ inline Powers powers_of(Bf16Pack const* x, int packs) {
  Powers powers{-3.402823466e+38F, 0.0F};
  int const step = static_cast<int>(blockDim.x);
  for (int p = static_cast<int>(threadIdx.x); p < packs; p += cross_entropy_packs * step) {
    Bf16Pack loaded[cross_entropy_packs];
    int count = 0;
    for (int j = 0; j < cross_entropy_packs; ++j) {
      if (p + j * step >= packs) continue;
      loaded[j] = load_pack<false>(x + p + j * step);
      count = j + 1;
    }
    take_in(powers, loaded, count);
  }
  float const largest = block_all(powers.largest, Larger{});
  return {largest, block_all(powers.sum * __expf(powers.largest - largest), Plus{})};
}

__device__ inline Bf16Pack gradient_of(Bf16Pack const& x, int first, int target, Powers const& powers,
                                       float scale) {
  float const factor = scale / powers.sum;
  Bf16Pack out;
  for (int i = 0; i < Bf16Pack::size; ++i) {
    float const share = __expf(from_bf16(x.at[i]) - powers.largest) * factor;
    out.at[i] = to_bf16(first + i == target ? share - scale : share);
  }
  return out;
}

__global__ void __launch_bounds__(cross_entropy_block)
    training_cross_entropy(std::uint16_t const* __restrict__ logits, std::int32_t const* __restrict__ targets,
                           std::uint16_t* __restrict__ gradient, float* __restrict__ loss, int vocabulary,
                           float scale) {
  int const packs = vocabulary / Bf16Pack::size;
  auto const start = static_cast<std::uint64_t>(blockIdx.x) * static_cast<std::uint64_t>(packs);
  auto const* const x = reinterpret_cast<Bf16Pack const*>(logits) + start;
  auto* const out = reinterpret_cast<Bf16Pack*>(gradient) + start;
  int const target = targets[blockIdx.x], step = static_cast<int>(blockDim.x);
  Powers const powers = powers_of(x, packs);
  // The second pass: nothing of it is wanted again.
  for (int p = static_cast<int>(threadIdx.x); p < packs; p += cross_entropy_packs * step) {
    Bf16Pack loaded[cross_entropy_packs];
    for (int j = 0; j < cross_entropy_packs; ++j) {
      if (p + j * step < packs) loaded[j] = load_pack<true>(x + p + j * step);
    }
    for (int j = 0; j < cross_entropy_packs; ++j) {
      int const at = p + j * step;
      if (at < packs)
        store_pack<true>(out + at, gradient_of(loaded[j], at * Bf16Pack::size, target, powers, scale));
    }
  }
  if (threadIdx.x != 0) return;
  float const of_target = from_bf16(logits[start * Bf16Pack::size + static_cast<std::uint64_t>(target)]);
  loss[blockIdx.x] = __logf(powers.sum) + powers.largest - of_target;
}

__global__ void __launch_bounds__(block_size)
    training_cross_entropy_fill(std::uint16_t* logits, std::int32_t* targets, std::uint64_t tokens,
                                std::uint64_t vocabulary, CrossEntropyKeys keys) {
  for (std::uint64_t i = grid_first(); i < tokens * vocabulary; i += grid_step()) {
    logits[i] = cross_entropy_logit(keys.logits, i, vocabulary);
    if (i < tokens) targets[i] = cross_entropy_target(keys.target, i, vocabulary);
  }
}

}  // namespace muster::training::cuda
