// Atomics, conversions and arithmetic of the device language.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/cudacpu/cudacpu.hpp"

namespace muster {
namespace {

template <class Kernel>
void on_threads(Kernel kernel) {
  cudacpu::run({.grid = 5, .block = 100, .order = cudacpu::Order::shuffled}, kernel);
}

TEST(Atomics, AddUpOverAllThreadsAndBlocks) {
  unsigned count = 0;
  double sum = 0;
  unsigned long long wide = 0;
  on_threads([&] {
    atomicAdd(&count, 1);
    atomicAdd(&sum, 0.5);
    atomicAdd(&wide, 1ull << 33);
  });
  EXPECT_EQ(count, 500u);
  EXPECT_EQ(sum, 250.0);
  EXPECT_EQ(wide, 500ull << 33);
}

TEST(Atomics, ReturnTheOldValue) {
  std::vector<int> seen(500);
  int next = 0;
  on_threads([&] { ++seen[static_cast<std::size_t>(atomicAdd(&next, 1))]; });
  EXPECT_EQ(seen, std::vector<int>(500, 1));
}

TEST(Atomics, FindTheExtremes) {
  int high = -1000, low = 1000;
  unsigned bits = 0;
  on_threads([&] {
    int const value = static_cast<int>(blockIdx.x * 100 + threadIdx.x) - 250;
    atomicMax(&high, value);
    atomicMin(&low, value);
    atomicOr(&bits, 1u << (threadIdx.x % 8));
  });
  EXPECT_EQ(high, 249);
  EXPECT_EQ(low, -250);
  EXPECT_EQ(bits, 0xffu);
}

TEST(Atomics, CompareAndSwapLetsOneThreadWin) {
  int winner = -1;
  int winners = 0;
  on_threads([&] {
    int const me = static_cast<int>(threadIdx.x);
    if (atomicCAS(&winner, -1, me) == -1) atomicAdd(&winners, 1);
  });
  EXPECT_EQ(winners, 1);
  int const won = winner;
  EXPECT_EQ(atomicExch(&winner, 777), won);
  EXPECT_EQ(winner, 777);
}

TEST(Conversions, RoundToNearestEvenAndSaturate) {
  EXPECT_EQ(__float2int_rn(2.5f), 2);
  EXPECT_EQ(__float2int_rn(3.5f), 4);
  EXPECT_EQ(__float2int_rn(-2.5f), -2);
  EXPECT_EQ(__float2int_rz(-2.9f), -2);
  EXPECT_EQ(__float2int_rd(-2.1f), -3);
  EXPECT_EQ(__float2int_ru(2.1f), 3);
  EXPECT_EQ(__float2int_rn(1e20f), std::numeric_limits<int>::max());
  EXPECT_EQ(__float2int_rn(-1e20f), std::numeric_limits<int>::min());
  EXPECT_EQ(__float2int_rn(NAN), 0);
  EXPECT_EQ(__float2uint_rn(-1.0f), 0u);
}

TEST(Arithmetic, FollowsTheDevice) {
  EXPECT_EQ(__saturatef(1.5f), 1.0f);
  EXPECT_EQ(__saturatef(NAN), 0.0f);
  EXPECT_EQ(max(NAN, 2.0f), 2.0f);
  EXPECT_EQ(min(3u, 2u), 2u);
  EXPECT_EQ(__umulhi(0x80000000u, 6u), 3u);
  EXPECT_EQ(__umul64hi(1ull << 63, 6ull), 3ull);
  EXPECT_EQ(__clz(1), 31);
  EXPECT_EQ(__clz(0), 32);
  EXPECT_EQ(__ffs(0), 0);
  EXPECT_EQ(__popc(0xf0u), 4);
  EXPECT_EQ(__uint_as_float(__float_as_uint(1.25f)), 1.25f);
  // One rounding, not two: (1 + 2^-12)^2 - 1 keeps its last bit.
  float const x = 1.0f + 0x1p-12f;
  EXPECT_EQ(__fmaf_rn(x, x, -1.0f), 0x1p-11f + 0x1p-24f);
}

TEST(VectorTypes, HaveTheDevicesSizeAndAlignment) {
  static_assert(sizeof(float4) == 16 && alignof(float4) == 16);
  static_assert(sizeof(uint4) == 16 && alignof(uint4) == 16);
  static_assert(sizeof(double2) == 16 && alignof(double2) == 16);
  static_assert(sizeof(uchar4) == 4 && alignof(uchar4) == 4);
  static_assert(sizeof(uchar3) == 3 && alignof(uchar3) == 1);
  static_assert(sizeof(float3) == 12 && alignof(float3) == 4);
  static_assert(sizeof(ushort4) == 8 && alignof(ushort4) == 8);
  auto const v = make_float4(1, 2, 3, 4);
  EXPECT_EQ(__ldg(&v).w, 4.0f);
  uint4 stored{};
  __stcs(&stored, make_uint4(5, 6, 7, 8));
  EXPECT_EQ(stored.z, 7u);
}

}  // namespace
}  // namespace muster
