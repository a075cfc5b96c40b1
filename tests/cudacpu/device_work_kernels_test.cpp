// The kernels that work for the device and not for a case: evicting its caches, taking its time.
#include <gtest/gtest.h>

#include <numeric>

#include "tests/cudacpu/aligned_array.hpp"
// Kernels come after the execution model.
#include "kernels/cuda/eviction.cuh"
#include "kernels/cuda/occupy.cuh"

namespace muster {
namespace {

using cuda::block_size;

// Numbers instead of zeros show what is read: everything, once, whatever the grid.
TEST(EvictByReading, ReadsEveryWordOnce) {
  for (std::uint64_t const packs : {1, 255, 256, 2048, 5000}) {
    AlignedArray<std::uint64_t> words(2 * packs);
    std::iota(words.data(), words.data() + 2 * packs, std::uint64_t{1});
    for (unsigned const blocks : {1U, 3U}) {
      unsigned long long sum = 0;
      cudacpu::launch({.grid = blocks, .block = block_size}, cuda::evict_by_reading, words.data(), packs,
                      &sum);
      EXPECT_EQ(sum, packs * (2 * packs + 1)) << packs << " packs, " << blocks << " blocks";
    }
  }
}

TEST(EvictByReading, WritesNothingWhereAllAreZeros) {
  AlignedArray<std::uint64_t> words(4096);
  std::fill_n(words.data(), 4096, std::uint64_t{0});
  unsigned long long sum = 77;
  cudacpu::launch({.grid = 2, .block = block_size}, cuda::evict_by_reading, words.data(), std::uint64_t{2048},
                  &sum);
  EXPECT_EQ(sum, 77U);
}

TEST(OccupyFor, TakesAsManyCyclesAsItIsTold) {
  auto const cycles = [](long long wanted) {
    long long const begin = clock64();
    cudacpu::launch({.grid = 1, .block = 1}, cuda::occupy_for, wanted);
    return clock64() - begin;
  };
  EXPECT_GE(cycles(2'000'000), 2'000'000);
  EXPECT_GE(cycles(20'000'000), 20'000'000);
  EXPECT_LT(cycles(0), 20'000'000);
}

}  // namespace
}  // namespace muster
