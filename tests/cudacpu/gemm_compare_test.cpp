// The kernel that holds one algorithm's result against another's: any element that is too far off is counted.
#include "kernels/gemm/gemm_compare.cuh"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/cudacpu/aligned_array.hpp"

namespace muster {
namespace {

using cuda::block_size;

template <class T>
unsigned long long far(GemmType type, AlignedArray<T>& d, AlignedArray<T>& reference, double relative,
                       double absolute) {
  unsigned long long count = 0;
  cudacpu::launch({.grid = 2, .block = block_size, .order = cudacpu::Order::shuffled}, cuda::gemm_compare,
                  type, static_cast<void const*>(d.data()), static_cast<void const*>(reference.data()),
                  d.size(), relative, absolute, &count);
  return count;
}

template <class T, class Make>
AlignedArray<T> filled(std::size_t count, Make make) {
  AlignedArray<T> out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = make(i);
  return out;
}

// 2051 elements: whole packs and a tail, in every type.
template <class T, class Make>
void expect_single_faults_found(GemmType type, Make make, T wrong) {
  constexpr std::size_t count = 2051;
  auto reference = filled<T>(count, make), d = filled<T>(count, make);
  EXPECT_EQ(far(type, d, reference, 0.01, 0.01), 0U);
  for (std::size_t const at : {std::size_t{0}, std::size_t{7}, std::size_t{1024}, count - 4, count - 1}) {
    T const right = d[at];
    d[at] = wrong;
    EXPECT_EQ(far(type, d, reference, 0.01, 0.01), 1U) << name(type) << " " << at;
    d[at] = right;
  }
}

TEST(GemmCompare, FindsASingleWrongElementAnywhereInEveryType) {
  auto const value = [](std::size_t i) { return static_cast<float>(i % 100) - 50; };
  expect_single_faults_found<double>(
      GemmType::fp64, [&](std::size_t i) { return static_cast<double>(value(i)); }, 1e3);
  expect_single_faults_found<float>(GemmType::fp32, value, 1e3F);
  expect_single_faults_found<float>(GemmType::tf32, value, 1e3F);
  expect_single_faults_found<std::uint16_t>(
      GemmType::fp16, [&](std::size_t i) { return to_fp16(value(i)); }, to_fp16(1e3F));
  expect_single_faults_found<std::uint16_t>(
      GemmType::bf16, [&](std::size_t i) { return to_bf16(value(i)); }, to_bf16(1e3F));
  expect_single_faults_found<std::int32_t>(
      GemmType::int32, [&](std::size_t i) { return static_cast<std::int32_t>(value(i)); }, 1000);
}

TEST(GemmCompare, NanAndInfinityAreFarFromEverythingAndEverythingFromThem) {
  float const nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  for (float const odd : {nan, inf, -inf}) {
    auto one = filled<float>(3, [](std::size_t) { return 1.0F; });
    auto bad = filled<float>(3, [&](std::size_t i) { return i == 1 ? odd : 1.0F; });
    EXPECT_EQ(far(GemmType::fp32, bad, one, 0.5, 0.5), 1U) << odd;
  }
  auto both = filled<float>(3, [&](std::size_t) { return nan; });
  EXPECT_EQ(far(GemmType::fp32, both, both, 0.5, 0.5), 3U);
}

// 100 +- (0.01 * 100 + 0.5)
TEST(GemmCompare, AllowsTheRelativePartAndTheAbsoluteTogether) {
  auto reference = filled<double>(4, [](std::size_t) { return -100.0; });
  auto within = filled<double>(4, [](std::size_t i) { return i % 2 == 0 ? -101.499 : -98.501; });
  auto beyond = filled<double>(4, [](std::size_t i) { return i % 2 == 0 ? -101.501 : -98.499; });
  EXPECT_EQ(far(GemmType::fp64, within, reference, 0.01, 0.5), 0U);
  EXPECT_EQ(far(GemmType::fp64, beyond, reference, 0.01, 0.5), 4U);
}

}  // namespace
}  // namespace muster
