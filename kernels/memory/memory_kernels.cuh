// The memory workload's kernels on the GPU, the making of their sources, and the comparison of the answer.
// Arrays are aligned to 16 bytes and a multiple of 16 bytes long.
//
// How much must be under way at once is Little's law: bandwidth x latency. Under load a read of HBM takes
// some 800 ns, so an A100-80 (2.0 TB/s, 108 multiprocessors) wants 15 KiB in flight in each multiprocessor,
// an H100 (3.35 TB/s, 132) 20 KiB, an H200 (4.8 TB/s, 132) 29 KiB; one double a thread at full occupancy is
// 16 KiB, which is why such kernels reach 57 to 81 % of an H200. Here every thread has eight loads of 16
// bytes under way, 128 bytes, so that the 1024 threads a multiprocessor is sure to hold (64 registers each)
// have 128 KiB: four times what an H200 wants, and no device that we know needs another number. How many
// blocks there are is the launch's: see memory_kernels_cuda.cu.
#pragma once
#include "kernels/cuda/stream_tiles.cuh"
#include "kernels/memory/memory_data.hpp"

namespace muster::cuda {

/// Loads of 16 bytes that a thread has under way.
inline constexpr int loads_under_way = 8;

/// What compare_array() has found so far; starts as {0, all bits set}.
struct MismatchCounters {
  unsigned long long wrong, first;
};

/// a[i] = of(b[i]).
template <bool past_cache, class T, class Of>
__device__ void map_one(T* __restrict__ a, T const* __restrict__ b, std::uint64_t count, Of of) {
  auto* const to = reinterpret_cast<Pack<T>*>(a);
  auto const* const from = reinterpret_cast<Pack<T> const*>(b);
  stream_tiles<loads_under_way>(
      count / Pack<T>::size, [from](std::uint64_t i) { return load_pack<past_cache>(from + i); },
      [to, of](std::uint64_t i, Pack<T> const& pack) {
        Pack<T> out;
        for (int j = 0; j < Pack<T>::size; ++j) out.at[j] = of(pack.at[j]);
        store_pack<past_cache>(to + i, out);
      });
}

/// a[i] = of(b[i], c[i]).
template <bool past_cache, class T, class Of>
__device__ void map_two(T* __restrict__ a, T const* __restrict__ b, T const* __restrict__ c,
                        std::uint64_t count, Of of) {
  struct Both {
    Pack<T> b, c;
  };
  auto* const to = reinterpret_cast<Pack<T>*>(a);
  auto const* const first = reinterpret_cast<Pack<T> const*>(b);
  auto const* const second = reinterpret_cast<Pack<T> const*>(c);
  stream_tiles<loads_under_way / 2>(
      count / Pack<T>::size,
      [first, second](std::uint64_t i) {
        return Both{load_pack<past_cache>(first + i), load_pack<past_cache>(second + i)};
      },
      [to, of](std::uint64_t i, Both const& packs) {
        Pack<T> out;
        for (int j = 0; j < Pack<T>::size; ++j) out.at[j] = of(packs.b.at[j], packs.c.at[j]);
        store_pack<past_cache>(to + i, out);
      });
}

template <bool past_cache>
__device__ void write_words(std::uint64_t* words, std::uint64_t count, WritePattern pattern) {
  auto* const to = reinterpret_cast<Pack<std::uint64_t>*>(words);
  stream_tiles<loads_under_way>(
      count / 2, [](std::uint64_t i) { return 2 * i; },
      [to, pattern](std::uint64_t i, std::uint64_t word) {
        std::uint64_t const fraction = pattern.fraction(word);
        store_pack<past_cache>(to + i, Pack<std::uint64_t>{{pattern.finish(fraction),
                                                            pattern.finish(fraction + WritePattern::step)}});
      });
}

/// The sum of `value` over the block's threads, on its first thread; modulo 2^64, so in any order the same.
__device__ inline unsigned long long block_sum(unsigned long long value) {
  __shared__ unsigned long long of_warp[block_size / 32];
  for (int lanes = 16; lanes > 0; lanes /= 2)
    value += __shfl_down_sync(0xffffffffu, value, static_cast<unsigned>(lanes));
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
  __syncthreads();
  unsigned long long sum = 0;
  for (int warp = 0; warp < block_size / 32; ++warp) sum += of_warp[warp];
  return sum;
}

/// The block's share of the sum of all words, as integers: no bit is lost whatever the order, and any bit
/// that was read wrongly changes it.
template <bool past_cache>
__device__ void read_words(std::uint64_t const* words, std::uint64_t count,
                           unsigned long long* sum_of_block) {
  auto const* const from = reinterpret_cast<Pack<std::uint64_t> const*>(words);
  unsigned long long sum = 0;
  stream_tiles<loads_under_way>(
      count / 2, [from](std::uint64_t i) { return load_pack<past_cache>(from + i); },
      [&sum](std::uint64_t, Pack<std::uint64_t> const& pack) { sum += pack.at[0] + pack.at[1]; });
  unsigned long long const total = block_sum(sum);
  if (threadIdx.x == 0) sum_of_block[blockIdx.x] = total;
}

template <class T>
__device__ void fill_array(T* out, std::uint64_t count, std::uint64_t key) {
  for (std::uint64_t i = grid_first(); i < count; i += grid_step()) out[i] = memory_value<T>(key, i);
}

/// Counts the elements whose bits are not those of the right answer. The values are exact and never -0, so
/// comparing as numbers is comparing bits; a NaN differs from everything.
template <class T>
__device__ void compare_array(T const* a, std::uint64_t count, MemoryOp op, MemoryKeys const& keys,
                              MismatchCounters* found) {
  for (std::uint64_t i = grid_first(); i < count; i += grid_step()) {
    if (a[i] == memory_expected<T>(op, keys, i)) continue;
    atomicAdd(&found->wrong, 1ULL);
    atomicMin(&found->first, static_cast<unsigned long long>(i));
  }
}

__global__ void __launch_bounds__(block_size, resident_blocks)
    memory_read(std::uint64_t const* words, std::uint64_t count, bool past_cache,
                unsigned long long* sum_of_block) {
  past_cache ? read_words<true>(words, count, sum_of_block) : read_words<false>(words, count, sum_of_block);
}
__global__ void __launch_bounds__(block_size, resident_blocks)
    memory_write(std::uint64_t* words, std::uint64_t count, WritePattern pattern, bool past_cache) {
  past_cache ? write_words<true>(words, count, pattern) : write_words<false>(words, count, pattern);
}

// One kernel an operation and type, of formula `of`.
#define MUSTER_MEMORY_ONE(name, type, of)                                                            \
  __global__ void __launch_bounds__(block_size, resident_blocks)                                     \
      name(type* __restrict__ a, type const* __restrict__ b, std::uint64_t count, bool past_cache) { \
    auto const formula = [](type x) { return of; };                                                  \
    past_cache ? map_one<true>(a, b, count, formula) : map_one<false>(a, b, count, formula);         \
  }
#define MUSTER_MEMORY_TWO(name, type, of)                                                          \
  __global__ void __launch_bounds__(block_size, resident_blocks)                                   \
      name(type* __restrict__ a, type const* __restrict__ b, type const* __restrict__ c,           \
           std::uint64_t count, bool past_cache) {                                                 \
    auto const formula = [](type x, type y) { return of; };                                        \
    past_cache ? map_two<true>(a, b, c, count, formula) : map_two<false>(a, b, c, count, formula); \
  }
MUSTER_MEMORY_ONE(memory_copy_fp64, double, x)
MUSTER_MEMORY_ONE(memory_copy_fp32, float, x)
MUSTER_MEMORY_ONE(memory_scale_fp64, double, static_cast<double>(triad_scale) * x)
MUSTER_MEMORY_ONE(memory_scale_fp32, float, static_cast<float>(triad_scale) * x)
MUSTER_MEMORY_TWO(memory_add_fp64, double, x + y)
MUSTER_MEMORY_TWO(memory_add_fp32, float, x + y)
MUSTER_MEMORY_TWO(memory_triad_fp64, double, x + static_cast<double>(triad_scale) * y)
MUSTER_MEMORY_TWO(memory_triad_fp32, float, x + static_cast<float>(triad_scale) * y)
#undef MUSTER_MEMORY_ONE
#undef MUSTER_MEMORY_TWO

__global__ void __launch_bounds__(block_size)
    memory_fill_fp64(double* out, std::uint64_t count, std::uint64_t key) {
  fill_array(out, count, key);
}
__global__ void __launch_bounds__(block_size)
    memory_fill_fp32(float* out, std::uint64_t count, std::uint64_t key) {
  fill_array(out, count, key);
}
__global__ void __launch_bounds__(block_size)
    memory_compare_fp64(double const* a, std::uint64_t count, MemoryOp op, MemoryKeys keys,
                        MismatchCounters* found) {
  compare_array(a, count, op, keys, found);
}
__global__ void __launch_bounds__(block_size)
    memory_compare_fp32(float const* a, std::uint64_t count, MemoryOp op, MemoryKeys keys,
                        MismatchCounters* found) {
  compare_array(a, count, op, keys, found);
}

}  // namespace muster::cuda
