// AdamW on the GPU. Arrays are aligned to 16 bytes, their length is a multiple of 8.
#pragma once
#include "kernels/cuda/stream_tiles.cuh"
#include "kernels/training/adamw.hpp"

namespace muster::training::cuda {

using muster::cuda::block_size;
using muster::cuda::grid_first;
using muster::cuda::grid_step;
using muster::cuda::load_pack;
using muster::cuda::Pack;
using muster::cuda::resident_blocks;
using muster::cuda::store_pack;
using muster::cuda::stream_tiles;

/// Elements that a thread takes at once: 16 bytes of each fp32 array, 8 of the bfloat16 ones, so that
/// neighbouring threads touch neighbouring bytes in every array.
inline constexpr int adamw_width = 4;
/// Of these a thread has two under way: 112 bytes, as much as the memory workload's kernels.
inline constexpr int adamw_unroll = 2;

struct alignas(8) Bf16x4 {
  std::uint16_t at[adamw_width];
};

struct AdamwArrays {
  Pack<float>*weight, *m, *v;
  Bf16x4 const* gradient;
  Bf16x4* copy;
};

struct AdamwLoaded {
  Pack<float> weight, m, v;
  Bf16x4 gradient;
};

__device__ inline AdamwLoaded adamw_load(AdamwArrays const& a, std::uint64_t i) {
  return {load_pack<true>(a.weight + i), load_pack<true>(a.m + i), load_pack<true>(a.v + i), a.gradient[i]};
}

__device__ inline void adamw_store(AdamwArrays const& a, std::uint64_t i, AdamwLoaded loaded,
                                   AdamwStep const& step) {
  Bf16x4 copy;
  for (int j = 0; j < adamw_width; ++j) {
    auto const next = adamw_update({loaded.weight.at[j], loaded.m.at[j], loaded.v.at[j]},
                                   from_bf16(loaded.gradient.at[j]), step);
    loaded.weight.at[j] = next.weight;
    loaded.m.at[j] = next.m;
    loaded.v.at[j] = next.v;
    copy.at[j] = to_bf16(next.weight);
  }
  store_pack<true>(a.weight + i, loaded.weight);
  store_pack<true>(a.m + i, loaded.m);
  store_pack<true>(a.v + i, loaded.v);
  a.copy[i] = copy;
}

__global__ void __launch_bounds__(block_size, resident_blocks)
    training_adamw(float* __restrict__ weight, float* __restrict__ m, float* __restrict__ v,
                   std::uint16_t const* __restrict__ gradient, std::uint16_t* __restrict__ copy,
                   std::uint64_t count, AdamwStep step) {
  AdamwArrays const arrays{reinterpret_cast<Pack<float>*>(weight), reinterpret_cast<Pack<float>*>(m),
                           reinterpret_cast<Pack<float>*>(v), reinterpret_cast<Bf16x4 const*>(gradient),
                           reinterpret_cast<Bf16x4*>(copy)};
  stream_tiles<adamw_unroll>(
      count / adamw_width, [&arrays](std::uint64_t i) { return adamw_load(arrays, i); },
      [&arrays, &step](std::uint64_t i, AdamwLoaded const& loaded) { adamw_store(arrays, i, loaded, step); });
}

/// Weights, moments 0, gradients, and a copy that is all NaN.
__global__ void __launch_bounds__(block_size)
    training_adamw_fill(float* weight, float* m, float* v, std::uint16_t* gradient, std::uint16_t* copy,
                        std::uint64_t count, AdamwKeys keys) {
  for (std::uint64_t i = grid_first(); i < count; i += grid_step()) {
    weight[i] = adamw_first_weight(keys.weight, i);
    m[i] = v[i] = 0;
    gradient[i] = adamw_gradient(keys.gradient, i);
    copy[i] = 0xFFFF;
  }
}

}  // namespace muster::training::cuda
