// The memory workload's kernels against the formulas of its data; and the comparing kernel against planted
// faults.
#include "kernels/memory/memory_kernels.cuh"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/cudacpu/aligned_array.hpp"

namespace muster {
namespace {

using cuda::block_size;
using cuda::MismatchCounters;

constexpr std::uint64_t key_b = memory_key(5, MemoryArray::b), key_c = memory_key(5, MemoryArray::c);

template <class T>
struct Kernels;
template <>
struct Kernels<double> {
  static constexpr auto copy = cuda::memory_copy_fp64;
  static constexpr auto triad = cuda::memory_triad_fp64;
  static constexpr auto fill = cuda::memory_fill_fp64;
  static constexpr auto compare = cuda::memory_compare_fp64;
};
template <>
struct Kernels<float> {
  static constexpr auto copy = cuda::memory_copy_fp32;
  static constexpr auto triad = cuda::memory_triad_fp32;
  static constexpr auto fill = cuda::memory_fill_fp32;
  static constexpr auto compare = cuda::memory_compare_fp32;
};

template <class T>
class MemoryKernels : public testing::Test {
 protected:
  static AlignedArray<T> filled(std::size_t count, std::uint64_t key) {
    AlignedArray<T> out(count);
    cudacpu::launch({.grid = 2, .block = block_size}, Kernels<T>::fill, out.data(), count, key);
    return out;
  }
  static AlignedArray<T> answer(MemoryOp op, std::size_t count, unsigned blocks, cudacpu::Order order) {
    auto b = filled(count, key_b), c = filled(count, key_c);
    AlignedArray<T> a(count);
    cudacpu::Shape const shape{.grid = blocks, .block = block_size, .order = order};
    if (op == MemoryOp::copy) {
      cudacpu::launch(shape, Kernels<T>::copy, a.data(), b.data(), count);
    } else {
      cudacpu::launch(shape, Kernels<T>::triad, a.data(), b.data(), c.data(), count);
    }
    return a;
  }
  static MismatchCounters compared(AlignedArray<T>& a, MemoryOp op) {
    MismatchCounters found{0, ~0ULL};
    cudacpu::launch({.grid = 2, .block = block_size, .order = cudacpu::Order::shuffled}, Kernels<T>::compare,
                    a.data(), a.size(), op, key_b, key_c, &found);
    return found;
  }
};

using Types = testing::Types<double, float>;
TYPED_TEST_SUITE(MemoryKernels, Types);

TYPED_TEST(MemoryKernels, FillMakesTheDocumentedValues) {
  auto out = this->filled(1003, key_b);
  for (std::size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], memory_value<TypeParam>(key_b, i)) << i;
}

// From one 16-byte pack to more than the unrolled loop takes at once, few and many blocks.
TYPED_TEST(MemoryKernels, CopyAndTriadAreRightAtEverySizeAndOrder) {
  constexpr std::size_t pack = 16 / sizeof(TypeParam);
  for (auto const op : {MemoryOp::copy, MemoryOp::triad}) {
    for (std::size_t const packs : {1, 2, 255, 256, 257, 1023, 1024, 1025, 5000}) {
      for (unsigned const blocks : {1u, 3u}) {
        for (auto const order : cudacpu::all_orders) {
          auto a = this->answer(op, packs * pack, blocks, order);
          for (std::size_t i = 0; i < a.size(); ++i) {
            ASSERT_EQ(a[i], memory_expected<TypeParam>(op, key_b, key_c, i)) << i << " of " << a.size();
          }
        }
      }
    }
  }
}

TYPED_TEST(MemoryKernels, CompareFindsNothingInARightAnswer) {
  for (auto const op : {MemoryOp::copy, MemoryOp::triad}) {
    auto a = this->answer(op, 4000, 2, cudacpu::Order::forward);
    EXPECT_EQ(this->compared(a, op).wrong, 0U);
  }
}

TYPED_TEST(MemoryKernels, CompareCountsWrongElementsAndNamesTheFirst) {
  auto a = this->answer(MemoryOp::triad, 4000, 2, cudacpu::Order::forward);
  a[3999] = std::nextafter(a[3999], TypeParam(9));
  a[1234] = std::numeric_limits<TypeParam>::quiet_NaN();
  a[777] = 0;
  auto const found = this->compared(a, MemoryOp::triad);
  EXPECT_EQ(found.wrong, 3U);
  EXPECT_EQ(found.first, 777U);
}

TYPED_TEST(MemoryKernels, CompareSeesACopyInPlaceOfATriad) {
  auto a = this->answer(MemoryOp::copy, 4000, 2, cudacpu::Order::forward);
  EXPECT_GT(this->compared(a, MemoryOp::triad).wrong, 3900U);
}

}  // namespace
}  // namespace muster
