// Layer normalisation on the GPU: one block a row, the row held in registers between the two passes of its
// statistics. Arrays are aligned to 16 bytes, a row is a multiple of 8 elements long.
#pragma once
#include "kernels/cuda/block_all.cuh"
#include "kernels/cuda/stream_tiles.cuh"
#include "kernels/training/layer_norm.hpp"

namespace muster::training::cuda {

using muster::cuda::block_all;
using muster::cuda::block_size;
using muster::cuda::grid_first;
using muster::cuda::grid_step;
using muster::cuda::load_pack;
using muster::cuda::Pack;
using muster::cuda::store_pack;

using Bf16Pack = Pack<std::uint16_t>;

/// Packs of 8 elements that a thread holds: with x and the residual eight loads of 16 bytes are under way.
inline constexpr int layer_norm_packs = 4;
/// Most threads of a block: 512 x 4 x 8 = 16384 columns, in 128 registers a thread at most.
inline constexpr int layer_norm_block = 512;

struct Row {
  float at[layer_norm_packs][Bf16Pack::size];
};

struct Add {
  __device__ float operator()(float x, float y) const { return x + y; }
};

/// Adds up what `value` gives for each of the row's elements that this thread holds, over the block.
template <class Value>
__device__ float row_sum(int packs, Value value) {
  float sum = 0;
  for (int j = 0; j < layer_norm_packs; ++j) {
    if (static_cast<int>(j * blockDim.x + threadIdx.x) >= packs) continue;
    for (int i = 0; i < Bf16Pack::size; ++i) sum += value(j, i);
  }
  return block_all(sum, Add{});
}

/// h = x + residual, into registers and memory.
__device__ inline void layer_norm_load(Bf16Pack const* x, Bf16Pack const* residual, Bf16Pack* sum, int packs,
                                       Row& h) {
  Bf16Pack of_x[layer_norm_packs], of_residual[layer_norm_packs];
  for (int j = 0; j < layer_norm_packs; ++j) {
    int const p = static_cast<int>(j * blockDim.x + threadIdx.x);
    if (p >= packs) continue;
    of_x[j] = load_pack<true>(x + p);
    of_residual[j] = load_pack<true>(residual + p);
  }
  for (int j = 0; j < layer_norm_packs; ++j) {
    int const p = static_cast<int>(j * blockDim.x + threadIdx.x);
    if (p >= packs) continue;
    Bf16Pack out;
    for (int i = 0; i < Bf16Pack::size; ++i) {
      h.at[j][i] = from_bf16(of_x[j].at[i]) + from_bf16(of_residual[j].at[i]);
      out.at[i] = to_bf16(h.at[j][i]);
    }
    store_pack<true>(sum + p, out);
  }
}

/// gamma and beta are small, and the same for every row: they stay in the caches.
__device__ inline void layer_norm_store(Row const& h, float mean, float scale, float const* gamma,
                                        float const* beta, Bf16Pack* y, int packs) {
  for (int j = 0; j < layer_norm_packs; ++j) {
    int const p = static_cast<int>(j * blockDim.x + threadIdx.x);
    if (p >= packs) continue;
    Bf16Pack out;
    for (int half = 0; half < 2; ++half) {
      auto const g = reinterpret_cast<Pack<float> const*>(gamma)[2 * p + half];
      auto const b = reinterpret_cast<Pack<float> const*>(beta)[2 * p + half];
      for (int i = 0; i < 4; ++i)
        out.at[4 * half + i] = to_bf16((h.at[j][4 * half + i] - mean) * scale * g.at[i] + b.at[i]);
    }
    store_pack<true>(y + p, out);
  }
}

__global__ void __launch_bounds__(layer_norm_block)
    training_layer_norm(std::uint16_t const* __restrict__ x, std::uint16_t const* __restrict__ residual,
                        float const* __restrict__ gamma, float const* __restrict__ beta,
                        std::uint16_t* __restrict__ sum, std::uint16_t* __restrict__ y, int columns) {
  int const packs = columns / Bf16Pack::size;
  auto const start = static_cast<std::uint64_t>(blockIdx.x) * static_cast<std::uint64_t>(packs);
  auto const count = static_cast<float>(columns);
  Row h;
  layer_norm_load(reinterpret_cast<Bf16Pack const*>(x) + start,
                  reinterpret_cast<Bf16Pack const*>(residual) + start,
                  reinterpret_cast<Bf16Pack*>(sum) + start, packs, h);
  float const mean = row_sum(packs, [&h](int j, int i) { return h.at[j][i]; }) / count;
  float const squares =
      row_sum(packs, [&h, mean](int j, int i) { return (h.at[j][i] - mean) * (h.at[j][i] - mean); });
  float const scale = rsqrtf(squares / count + layer_norm_epsilon);
  layer_norm_store(h, mean, scale, gamma, beta, reinterpret_cast<Bf16Pack*>(y) + start, packs);
}

__global__ void __launch_bounds__(block_size)
    training_layer_norm_fill(std::uint16_t* x, std::uint16_t* residual, float* gamma, float* beta,
                             std::uint64_t count, std::uint64_t columns, LayerNormKeys keys) {
  for (std::uint64_t i = grid_first(); i < count; i += grid_step()) {
    x[i] = layer_norm_input(keys.x, i, columns);
    residual[i] = layer_norm_input(keys.residual, i, columns);
    if (i >= columns) continue;
    gamma[i] = layer_norm_gamma(keys.gamma, i);
    beta[i] = layer_norm_beta(keys.beta, i);
  }
}

}  // namespace muster::training::cuda
