// Copy and triad on the GPU, the making of their sources, and the comparison of the answer. Arrays are
// aligned to 16 bytes and a multiple of 16 bytes long.
#pragma once
#include "kernels/cuda/device.cuh"
#include "kernels/memory/memory_data.hpp"

namespace muster::cuda {

/// What compare_array() has found so far; starts as {0, all bits set}.
struct MismatchCounters {
  unsigned long long wrong, first;
};

/// store(i, load(i)) for every i < count that is this thread's, `unroll` at a time, so that as many loads are
/// under way: one per thread does not keep the memory of an H200 busy.
template <int unroll, class T, class Load, class Store>
__device__ void stream_packs(std::uint64_t count, Load load, Store store) {
  std::uint64_t const step = grid_step();
  std::uint64_t i = grid_first();
  for (; i + (unroll - 1) * step < count; i += unroll * step) {
    Pack<T> packs[unroll];
    for (int j = 0; j < unroll; ++j) packs[j] = load(i + static_cast<std::uint64_t>(j) * step);
    for (int j = 0; j < unroll; ++j) store(i + static_cast<std::uint64_t>(j) * step, packs[j]);
  }
  for (; i < count; i += step) store(i, load(i));
}

template <class T>
__device__ void copy_array(T* __restrict__ a, T const* __restrict__ b, std::uint64_t count) {
  auto* const to = reinterpret_cast<Pack<T>*>(a);
  auto const* const from = reinterpret_cast<Pack<T> const*>(b);
  stream_packs<4, T>(
      count / Pack<T>::size, [from](std::uint64_t i) { return from[i]; },
      [to](std::uint64_t i, Pack<T> const& pack) { to[i] = pack; });
}

template <class T>
__device__ Pack<T> triad_of(Pack<T> const& b, Pack<T> const& c) {
  Pack<T> a;
  for (int j = 0; j < Pack<T>::size; ++j) a.at[j] = b.at[j] + static_cast<T>(triad_scale) * c.at[j];
  return a;
}

template <class T>
__device__ void triad_array(T* __restrict__ a, T const* __restrict__ b, T const* __restrict__ c,
                            std::uint64_t count) {
  auto* const to = reinterpret_cast<Pack<T>*>(a);
  auto const* const first = reinterpret_cast<Pack<T> const*>(b);
  auto const* const second = reinterpret_cast<Pack<T> const*>(c);
  stream_packs<4, T>(
      count / Pack<T>::size, [first, second](std::uint64_t i) { return triad_of<T>(first[i], second[i]); },
      [to](std::uint64_t i, Pack<T> const& pack) { to[i] = pack; });
}

template <class T>
__device__ void fill_array(T* out, std::uint64_t count, std::uint64_t key) {
  for (std::uint64_t i = grid_first(); i < count; i += grid_step()) out[i] = memory_value<T>(key, i);
}

/// Counts the elements whose bits are not those of the right answer. The values are exact and never -0, so
/// comparing as numbers is comparing bits; a NaN differs from everything.
template <class T>
__device__ void compare_array(T const* a, std::uint64_t count, MemoryOp op, std::uint64_t key_b,
                              std::uint64_t key_c, MismatchCounters* found) {
  for (std::uint64_t i = grid_first(); i < count; i += grid_step()) {
    if (a[i] == memory_expected<T>(op, key_b, key_c, i)) continue;
    atomicAdd(&found->wrong, 1ULL);
    atomicMin(&found->first, static_cast<unsigned long long>(i));
  }
}

__global__ void __launch_bounds__(block_size)
    memory_copy_fp64(double* __restrict__ a, double const* __restrict__ b, std::uint64_t count) {
  copy_array(a, b, count);
}
__global__ void __launch_bounds__(block_size)
    memory_copy_fp32(float* __restrict__ a, float const* __restrict__ b, std::uint64_t count) {
  copy_array(a, b, count);
}
__global__ void __launch_bounds__(block_size)
    memory_triad_fp64(double* __restrict__ a, double const* __restrict__ b, double const* __restrict__ c,
                      std::uint64_t count) {
  triad_array(a, b, c, count);
}
__global__ void __launch_bounds__(block_size)
    memory_triad_fp32(float* __restrict__ a, float const* __restrict__ b, float const* __restrict__ c,
                      std::uint64_t count) {
  triad_array(a, b, c, count);
}
__global__ void __launch_bounds__(block_size)
    memory_fill_fp64(double* out, std::uint64_t count, std::uint64_t key) {
  fill_array(out, count, key);
}
__global__ void __launch_bounds__(block_size)
    memory_fill_fp32(float* out, std::uint64_t count, std::uint64_t key) {
  fill_array(out, count, key);
}
__global__ void __launch_bounds__(block_size)
    memory_compare_fp64(double const* a, std::uint64_t count, MemoryOp op, std::uint64_t key_b,
                        std::uint64_t key_c, MismatchCounters* found) {
  compare_array(a, count, op, key_b, key_c, found);
}
__global__ void __launch_bounds__(block_size)
    memory_compare_fp32(float const* a, std::uint64_t count, MemoryOp op, std::uint64_t key_b,
                        std::uint64_t key_c, MismatchCounters* found) {
  compare_array(a, count, op, key_b, key_c, found);
}

}  // namespace muster::cuda
