// The comparison of closeness.hpp as a kernel.
#pragma once
#include "kernels/cuda/device.cuh"
#include "kernels/training/closeness.hpp"

namespace muster::training::cuda {

using muster::cuda::block_size;
using muster::cuda::grid_first;
using muster::cuda::grid_step;

/// What a comparison has found so far; starts as {0, all bits set, 0}. The bits of floats that are not
/// negative are in the order of the numbers.
struct DifferenceCounters {
  unsigned long long wrong, first;
  unsigned worst_bits;
};

__device__ inline float as_number(float value) { return value; }
__device__ inline float as_number(std::uint16_t bits) { return from_bf16(bits); }

template <class T>
__device__ void compare_with(T const* got, std::uint64_t count, float const* right, std::uint64_t period,
                             Closeness limit, DifferenceCounters* found) {
  float worst = 0;
  for (std::uint64_t i = grid_first(); i < count; i += grid_step()) {
    float const off = excess(as_number(got[i]), right[i % period], limit);
    worst = off > worst ? off : worst;
    if (off <= 1.0F) continue;
    atomicAdd(&found->wrong, 1ULL);
    atomicMin(&found->first, static_cast<unsigned long long>(i));
  }
  if (worst > 0) atomicMax(&found->worst_bits, bits_of(worst));
}

__global__ void __launch_bounds__(block_size)
    training_compare_fp32(float const* got, std::uint64_t count, float const* right, std::uint64_t period,
                          Closeness limit, DifferenceCounters* found) {
  compare_with(got, count, right, period, limit, found);
}
__global__ void __launch_bounds__(block_size)
    training_compare_bf16(std::uint16_t const* got, std::uint64_t count, float const* right,
                          std::uint64_t period, Closeness limit, DifferenceCounters* found) {
  compare_with(got, count, right, period, limit, found);
}

}  // namespace muster::training::cuda
