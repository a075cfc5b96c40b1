// Launches: indices of threads and blocks, arguments, limits, host threads that launch at the same time.
#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <tuple>
#include <vector>

#include "tests/cudacpu/cudacpu.hpp"

namespace muster {

__global__ void reverse_through_dynamic_memory(int* data) {
  extern __shared__ int tile[];
  tile[threadIdx.x] = data[threadIdx.x];
  __syncthreads();
  data[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
}
__global__ void first_of_dynamic_memory(int* out) {
  extern __shared__ int tile[];
  out[blockIdx.x] = tile[0];
  tile[0] = 5;
}
CUDACPU_DYNAMIC_SHARED(int, tile)

namespace {

using Indices = std::tuple<unsigned, unsigned, unsigned, unsigned, unsigned, unsigned>;

__global__ void note_indices(std::set<Indices>* seen) {
  seen->insert({blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x, threadIdx.y, threadIdx.z});
}

TEST(Launch, ReachesEveryThreadOfEveryBlockOnceInThreeDimensions) {
  for (auto const order : cudacpu::all_orders) {
    std::set<Indices> seen;
    cudacpu::launch({.grid = {3, 2, 4}, .block = {5, 3, 2}, .order = order}, note_indices, &seen);
    EXPECT_EQ(seen.size(), 3u * 2 * 4 * 5 * 3 * 2);
    EXPECT_EQ(*seen.begin(), (Indices{0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(*seen.rbegin(), (Indices{2, 1, 3, 4, 2, 1}));
  }
}

__global__ void number_threads(unsigned* linear) {
  unsigned const number = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
  __syncwarp();
  linear[number] = threadIdx.x + 10 * threadIdx.y + 100 * threadIdx.z;
}

TEST(Launch, IndicesSurviveAWait) {
  std::vector<unsigned> linear(4 * 3 * 5);
  cudacpu::launch({.grid = 1, .block = {4, 3, 5}}, number_threads, linear.data());
  EXPECT_EQ(linear[1], 1u);
  EXPECT_EQ(linear[4], 10u);
  EXPECT_EQ(linear[12], 100u);
  EXPECT_EQ(linear.back(), 423u);
}

__global__ void scale(float* x, float factor, long n) {
  long const i = static_cast<long>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < n) x[i] *= factor;
}

TEST(Launch, ConvertsArgumentsAsACallDoes) {
  std::vector<float> x(100, 2.0f);
  cudacpu::launch({.grid = 4, .block = 32}, scale, x.data(), 3, 99);
  EXPECT_EQ(x[98], 6.0f);
  EXPECT_EQ(x[99], 2.0f);
}

__global__ void nothing() {}

TEST(Launch, OfAShapeThatAGpuRefusesIsRefused) {
  EXPECT_NO_THROW(cudacpu::launch({.grid = 1, .block = 1024}, nothing));
  EXPECT_THROW(cudacpu::launch({.grid = 1, .block = 1025}, nothing), cudacpu::InvalidLaunch);
  EXPECT_THROW(cudacpu::launch({.grid = 1, .block = 0}, nothing), cudacpu::InvalidLaunch);
  EXPECT_THROW(cudacpu::launch({.grid = 1, .block = {1, 1, 65}}, nothing), cudacpu::InvalidLaunch);
  EXPECT_THROW(cudacpu::launch({.grid = 0, .block = 32}, nothing), cudacpu::InvalidLaunch);
  EXPECT_THROW(cudacpu::launch({.grid = {1, 65536, 1}, .block = 32}, nothing), cudacpu::InvalidLaunch);
  EXPECT_THROW(cudacpu::launch({.grid = 1, .block = 1, .shared_bytes = 300 * 1024}, nothing),
               cudacpu::InvalidLaunch);
}

__global__ void launches_another() { cudacpu::launch({.grid = 1, .block = 1}, nothing); }

TEST(Launch, FromWithinAKernelIsRefused) {
  EXPECT_THROW(cudacpu::launch({.grid = 1, .block = 1}, launches_another), cudacpu::InvalidLaunch);
}

TEST(Launch, DynamicSharedMemoryBelongsToTheBlock) {
  std::vector<int> data{1, 2, 3, 4};
  cudacpu::launch({.grid = 1, .block = 4, .shared_bytes = 4 * sizeof(int)}, reverse_through_dynamic_memory,
                  data.data());
  EXPECT_EQ(data, (std::vector<int>{4, 3, 2, 1}));
}

TEST(Launch, DynamicSharedMemoryStartsEveryBlockWithoutUsableValues) {
  std::vector<int> out(3);
  cudacpu::launch({.grid = 3, .block = 1, .shared_bytes = 64}, first_of_dynamic_memory, out.data());
  EXPECT_EQ(out, (std::vector<int>{-1, -1, -1}));
}

__global__ void sum_through_shared_memory(int* out, int value) {
  __shared__ int partial[64];
  partial[threadIdx.x] = value;
  __syncthreads();
  if (threadIdx.x != 0) return;
  int sum = 0;
  for (int const part : partial) sum += part;
  out[blockIdx.x] = sum;
}

TEST(Launch, HostThreadsLaunchAtTheSameTimeWithoutMeeting) {
  std::vector<std::vector<int>> sums(4, std::vector<int>(200));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      cudacpu::launch({.grid = 200, .block = 64}, sum_through_shared_memory,
                      sums[static_cast<std::size_t>(t)].data(), t + 1);
    });
  }
  for (auto& thread : threads) thread.join();
  for (int t = 0; t < 4; ++t) {
    EXPECT_EQ(sums[static_cast<std::size_t>(t)], std::vector<int>(200, 64 * (t + 1)));
  }
}

}  // namespace
}  // namespace muster
