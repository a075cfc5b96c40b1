// Barriers: what they order, and that a divergent one is reported instead of hanging.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/cudacpu/cudacpu.hpp"

namespace muster {
namespace {

using ::testing::HasSubstr;

// Each thread reads what its right neighbour has written.
__global__ void rotate(int* data, bool with_barrier) {
  __shared__ int shared[96];
  shared[threadIdx.x] = data[threadIdx.x];
  if (with_barrier) __syncthreads();
  data[threadIdx.x] = shared[(threadIdx.x + 1) % blockDim.x];
  __syncthreads();
  shared[threadIdx.x] = -1;
}

std::vector<int> rotated(bool with_barrier, cudacpu::Order order) {
  std::vector<int> data(96);
  for (int i = 0; i < 96; ++i) data[static_cast<std::size_t>(i)] = i;
  cudacpu::launch({.grid = 1, .block = 96, .order = order}, rotate, data.data(), with_barrier);
  return data;
}

bool is_rotated(std::vector<int> const& data) {
  for (std::size_t i = 0; i < 96; ++i) {
    if (data[i] != static_cast<int>((i + 1) % 96)) return false;
  }
  return true;
}

TEST(Barrier, WaitsForAllThreadsInEveryOrder) {
  for (auto const order : cudacpu::all_orders) EXPECT_TRUE(is_rotated(rotated(true, order)));
}

TEST(Barrier, OneThatIsMissingShows) {
  EXPECT_FALSE(is_rotated(rotated(false, cudacpu::Order::forward)));
  EXPECT_FALSE(is_rotated(rotated(false, cudacpu::Order::shuffled)));
}

__global__ void return_early(int n) {
  if (static_cast<int>(threadIdx.x) >= n) return;
  __syncthreads();
}

TEST(Barrier, ThatSomeThreadsNeverReachIsReportedWithItsPlace) {
  EXPECT_NO_THROW(cudacpu::launch({.grid = 2, .block = 64}, return_early, 64));
  try {
    cudacpu::launch({.grid = 2, .block = 64}, return_early, 40);
    FAIL() << "nothing was reported";
  } catch (cudacpu::DivergentBarrier const& error) {
    EXPECT_THAT(error.what(), HasSubstr("40 threads wait at __syncthreads (barrier_test.cpp:"));
    EXPECT_THAT(error.what(), HasSubstr("24 threads have returned, the first is thread 40"));
  }
}

__global__ void two_places() {
  if (threadIdx.x % 2 == 0) {
    __syncthreads();
  } else {
    __syncthreads();
  }
}

TEST(Barrier, ThreadsThatWaitAtDifferentOnesAreReported) {
  EXPECT_THROW(cudacpu::launch({.grid = 1, .block = 64}, two_places), cudacpu::DivergentBarrier);
}

__global__ void warp_against_block() {
  if (threadIdx.x == 0) {
    __syncwarp();
  } else {
    __syncthreads();
  }
}

TEST(Barrier, WarpAndBlockBarrierThatWaitForEachOtherAreADeadlock) {
  try {
    cudacpu::launch({.grid = 1, .block = 64}, warp_against_block);
    FAIL() << "nothing was reported";
  } catch (cudacpu::DivergentBarrier const& error) {
    EXPECT_THAT(error.what(), HasSubstr("1 threads wait at __syncwarp of lanes 0xffffffff"));
    EXPECT_THAT(error.what(), HasSubstr("63 threads wait at __syncthreads"));
  }
}

TEST(Barrier, AfterAFailedLaunchTheNextOneWorks) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_THROW(cudacpu::launch({.grid = 1, .block = 64}, two_places), cudacpu::DivergentBarrier);
    EXPECT_TRUE(is_rotated(rotated(true, cudacpu::Order::forward)));
  }
}

TEST(Barrier, OutsideAKernelIsRefused) { EXPECT_THROW(__syncthreads(), cudacpu::Error); }

__global__ void halves(int* sums) {
  // The two halves of a warp work apart, each with its own barriers.
  __shared__ int values[32];
  unsigned const half = threadIdx.x / 16;
  values[threadIdx.x] = static_cast<int>(threadIdx.x);
  __syncwarp(half == 0 ? 0x0000ffffu : 0xffff0000u);
  int sum = 0;
  for (unsigned i = 0; i < 16; ++i) sum += values[half * 16 + i];
  sums[threadIdx.x] = sum;
}

TEST(Barrier, SyncwarpOfAPartOfTheWarpWaitsForThatPartOnly) {
  for (auto const order : cudacpu::all_orders) {
    std::vector<int> sums(32);
    cudacpu::launch({.grid = 1, .block = 32, .order = order}, halves, sums.data());
    EXPECT_EQ(sums[3], 120);
    EXPECT_EQ(sums[31], 376);
  }
}

__global__ void throws(int thread) {
  if (static_cast<int>(threadIdx.x) == thread)
    throw std::runtime_error("from thread " + std::to_string(thread));
  __syncthreads();
}

TEST(Barrier, AnExceptionOfAThreadEndsTheLaunch) {
  EXPECT_THROW(cudacpu::launch({.grid = 1, .block = 64}, throws, 33), std::runtime_error);
}

}  // namespace
}  // namespace muster
