// In a sanitized build: faults of a kernel are caught although it runs on stacks of its own.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "tests/cudacpu/cudacpu.hpp"

#if defined(__SANITIZE_ADDRESS__)

namespace muster {
namespace {

__global__ void one_too_many(int* data, unsigned n) {
  __syncthreads();
  if (threadIdx.x <= n) data[threadIdx.x] = 1;
}

TEST(SanitizedKernelDeathTest, AnAccessPastTheEndIsReported) {
  std::vector<int> data(40);
  EXPECT_DEATH(cudacpu::launch({.grid = 1, .block = 64}, one_too_many, data.data(), 40u),
               "heap-buffer-overflow");
}

__global__ void past_shared_memory(int* out) {
  __shared__ int tile[32];
  tile[threadIdx.x] = 1;
  __syncthreads();
  *out = tile[threadIdx.x + blockDim.x / 33];
}

TEST(SanitizedKernelDeathTest, AnAccessPastSharedMemoryIsReported) {
  int out = 0;
  EXPECT_DEATH(cudacpu::launch({.grid = 1, .block = 33}, past_shared_memory, &out), "");
}

__global__ void copy_by_sixteen(float4 const* in, float4* out) { out[threadIdx.x] = in[threadIdx.x]; }

TEST(SanitizedKernelDeathTest, AMisalignedWideAccessIsReported) {
  std::vector<float> data(64);
  auto const misaligned = reinterpret_cast<float4 const*>(reinterpret_cast<std::uintptr_t>(data.data()) + 4);
  auto* const out = reinterpret_cast<float4*>(data.data() + 32);
  EXPECT_DEATH(cudacpu::launch({.grid = 1, .block = 2}, copy_by_sixteen, misaligned, out),
               "misaligned address");
}

}  // namespace
}  // namespace muster

#endif
