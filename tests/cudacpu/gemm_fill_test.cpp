// The kernels that make a GEMM's operands: the same bits as on the host, at every tail.
#include "kernels/gemm/gemm_fill.cuh"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>

#include "tests/cudacpu/aligned_array.hpp"

namespace muster {
namespace {

using cuda::block_size;

constexpr std::uint64_t key = gemm_key(11, GemmMatrix::b);

template <class T>
void expect_filled(void (*kernel)(T*, std::uint64_t, std::uint64_t, GemmDist),
                   T (*reference)(std::uint64_t, std::uint64_t, GemmDist)) {
  for (std::uint64_t const count : {1, 3, 4, 8, 15, 16, 17, 31, 1000, 4099}) {
    for (auto const dist :
         {GemmDist::normal, GemmDist::uniform, GemmDist::integers, GemmDist::constant, GemmDist::zeros}) {
      for (auto const order : cudacpu::all_orders) {
        AlignedArray<T> out(count);
        cudacpu::launch({.grid = 3, .block = block_size, .order = order}, kernel, out.data(), count, key,
                        dist);
        for (std::uint64_t i = 0; i < count; ++i) {
          T const expected = reference(key, i, dist);
          ASSERT_EQ(std::memcmp(&out[i], &expected, sizeof expected), 0)
              << "element " << i << " of " << count << ", " << name(dist);
        }
      }
    }
  }
}

TEST(GemmFill, MakesTheHostsBitsInEveryTypeAndDistribution) {
  expect_filled<double>(cuda::gemm_fill_fp64, gemm_fp64);
  expect_filled<float>(cuda::gemm_fill_fp32, gemm_fp32);
  expect_filled<float>(cuda::gemm_fill_tf32, gemm_tf32);
  expect_filled<std::uint16_t>(cuda::gemm_fill_fp16, gemm_fp16);
  expect_filled<std::uint16_t>(cuda::gemm_fill_bf16, gemm_bf16);
  expect_filled<std::int8_t>(cuda::gemm_fill_int8, gemm_int8);
  expect_filled<std::uint8_t>(cuda::gemm_fill_e4m3, gemm_e4m3);
  expect_filled<std::uint8_t>(cuda::gemm_fill_e5m2, gemm_e5m2);
}

}  // namespace
}  // namespace muster
