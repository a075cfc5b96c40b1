// Shuffles and votes, against the tables of the CUDA C++ programming guide.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/cudacpu/cudacpu.hpp"

namespace muster {
namespace {

constexpr unsigned all = 0xffffffffu;

template <class T, class Kernel>
std::vector<T> lanes(Kernel kernel, unsigned threads = 32, cudacpu::Order order = cudacpu::Order::forward) {
  std::vector<T> out(threads);
  cudacpu::run({.grid = 1, .block = threads, .order = order},
               [&] { out[threadIdx.x] = kernel(static_cast<T>(threadIdx.x)); });
  return out;
}

TEST(Shuffle, DownReadsFromAHigherLaneAndKeepsItsOwnAtTheEnd) {
  for (auto const order : cudacpu::all_orders) {
    auto const out = lanes<int>([](int v) { return __shfl_down_sync(all, v, 3); }, 32, order);
    for (int i = 0; i < 32; ++i) EXPECT_EQ(out[static_cast<std::size_t>(i)], i + 3 < 32 ? i + 3 : i);
  }
}

TEST(Shuffle, DownStaysWithinItsSegment) {
  auto const out = lanes<int>([](int v) { return __shfl_down_sync(all, v, 2, 8); });
  EXPECT_EQ(out[5], 7);
  EXPECT_EQ(out[6], 6);
  EXPECT_EQ(out[8], 10);
}

TEST(Shuffle, UpReadsFromALowerLane) {
  auto const out = lanes<int>([](int v) { return __shfl_up_sync(all, v, 2, 16); });
  EXPECT_EQ(out[1], 1);
  EXPECT_EQ(out[2], 0);
  EXPECT_EQ(out[17], 17);
  EXPECT_EQ(out[31], 29);
}

TEST(Shuffle, XorReadsItsPartnerAndReachesEarlierSegmentsOnly) {
  auto const whole = lanes<int>([](int v) { return __shfl_xor_sync(all, v, 5); });
  for (int i = 0; i < 32; ++i) EXPECT_EQ(whole[static_cast<std::size_t>(i)], i ^ 5);
  auto const half = lanes<int>([](int v) { return __shfl_xor_sync(all, v, 16, 16); });
  EXPECT_EQ(half[3], 3);   // 19 is in a later segment
  EXPECT_EQ(half[19], 3);  // 3 is in an earlier one
}

TEST(Shuffle, ByIndexWrapsWithinItsSegment) {
  auto const out = lanes<int>([](int v) { return __shfl_sync(all, v, 9, 8); });
  EXPECT_EQ(out[0], 1);
  EXPECT_EQ(out[7], 1);
  EXPECT_EQ(out[31], 25);
}

TEST(Shuffle, CarriesEightByteTypesWhole) {
  auto const wide = lanes<std::uint64_t>([](std::uint64_t v) { return __shfl_down_sync(all, v << 40, 1); });
  EXPECT_EQ(wide[0], std::uint64_t{1} << 40);
  auto const real = lanes<double>([](double v) { return __shfl_xor_sync(all, v / 3, 1); });
  EXPECT_EQ(real[0], 1.0 / 3);
}

TEST(Shuffle, OneAfterAnotherDoNotDisturbEachOther) {
  auto const out = lanes<int>([](int v) {
    for (int offset = 16; offset > 0; offset /= 2) v += __shfl_xor_sync(all, v, offset);
    return v;
  });
  EXPECT_EQ(out, std::vector<int>(32, 496));
}

TEST(Shuffle, ReadsALaneThatIsNotThereAsNan) {
  auto const out = lanes<float>([](float v) { return __shfl_down_sync(all, v, 8); }, 40);
  EXPECT_EQ(out[0], 8.0f);
  EXPECT_TRUE(std::isnan(out[32]));  // lanes 8 and up of the second warp do not exist
}

TEST(Shuffle, GoesOnWhenALaneHasReturned) {
  std::vector<int> out(32, -7);
  cudacpu::run({.grid = 1, .block = 32}, [&] {
    if (threadIdx.x == 31) return;
    out[threadIdx.x] = __shfl_sync(all, static_cast<int>(threadIdx.x), 4);
  });
  EXPECT_EQ(out[0], 4);
  EXPECT_EQ(out[30], 4);
  EXPECT_EQ(out[31], -7);
}

TEST(Shuffle, WithAMaskWithoutTheCallerIsRefused) {
  EXPECT_THROW(lanes<int>([](int v) { return __shfl_sync(0x0000ffffu, v, 0); }), cudacpu::InvalidLane);
}

TEST(Shuffle, OfAWidthThatIsNoPowerOfTwoIsRefused) {
  EXPECT_THROW(lanes<int>([](int v) { return __shfl_down_sync(all, v, 1, 24); }), cudacpu::InvalidLane);
}

TEST(Shuffle, OfHalfAWarpUnderAFullMaskIsADivergentBarrier) {
  EXPECT_THROW(lanes<int>([](int v) {
                 if (v < 16) return __shfl_down_sync(all, v, 1);
                 __syncthreads();
                 return v;
               }),
               cudacpu::DivergentBarrier);
}

TEST(Shuffle, AgainstAVoteIsADivergentBarrier) {
  EXPECT_THROW(lanes<int>([](int v) { return v % 2 ? __any_sync(all, v) : __shfl_sync(all, v, 0); }),
               cudacpu::DivergentBarrier);
}

TEST(Vote, CountsTheLanesOfTheMask) {
  auto const ballot = lanes<unsigned>([](unsigned v) { return __ballot_sync(all, v % 2); });
  EXPECT_EQ(ballot[7], 0xaaaaaaaau);
  auto const part = lanes<unsigned>([](unsigned v) { return v < 4 ? __ballot_sync(0xfu, 1) : 0u; });
  EXPECT_EQ(part[2], 0xfu);
  EXPECT_EQ(lanes<int>([](int v) { return __any_sync(all, v == 9); })[0], 1);
  EXPECT_EQ(lanes<int>([](int v) { return __any_sync(all, v == 90); })[0], 0);
  EXPECT_EQ(lanes<int>([](int v) { return __all_sync(all, v < 32); })[0], 1);
  EXPECT_EQ(lanes<int>([](int v) { return __all_sync(all, v < 31); })[0], 0);
}

// The usual block-wide sum: shuffles within warps, shared memory between them, one atomic a block.
template <int block>
__global__ void block_sum(float const* x, float* out, int n) {
  __shared__ float partial[block / 32];
  float sum = 0;
  for (auto i = blockIdx.x * blockDim.x + threadIdx.x; i < static_cast<unsigned>(n);
       i += gridDim.x * blockDim.x)
    sum += x[i];
  for (unsigned offset = 16; offset > 0; offset /= 2) sum += __shfl_down_sync(all, sum, offset);
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x >= 32) return;
  sum = threadIdx.x < block / 32 ? partial[threadIdx.x] : 0.0f;
  for (unsigned offset = 16; offset > 0; offset /= 2) sum += __shfl_down_sync(all, sum, offset);
  if (threadIdx.x == 0) atomicAdd(out, sum);
}

TEST(Reduction, OfABlockIsExactInEveryOrder) {
  int const n = 100003;
  std::vector<float> x(n);
  float expected = 0;
  for (int i = 0; i < n; ++i) expected += x[static_cast<std::size_t>(i)] = static_cast<float>(i % 7) * 0.5f;
  for (auto const order : cudacpu::all_orders) {
    float out = 0;
    cudacpu::launch({.grid = 8, .block = 256, .order = order}, block_sum<256>, x.data(), &out, n);
    EXPECT_EQ(out, expected);  // halves up to 2^18: every partial sum is exact
  }
}

}  // namespace
}  // namespace muster
