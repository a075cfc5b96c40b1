// The memory workload's kernels against the formulas of its data; and the comparing kernel against planted
// faults.
#include "kernels/memory/memory_kernels.cuh"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

#include "tests/cudacpu/aligned_array.hpp"

namespace muster {
namespace {

using cuda::block_size;
using cuda::MismatchCounters;

constexpr MemoryKeys keys = memory_keys(5);
constexpr MemoryOp computing[] = {MemoryOp::copy, MemoryOp::scale, MemoryOp::add, MemoryOp::triad};

template <class T>
struct Kernels;
template <>
struct Kernels<double> {
  static constexpr auto type = MemoryType::fp64;
  static constexpr auto copy = cuda::memory_copy_fp64;
  static constexpr auto scale = cuda::memory_scale_fp64;
  static constexpr auto add = cuda::memory_add_fp64;
  static constexpr auto triad = cuda::memory_triad_fp64;
  static constexpr auto fill = cuda::memory_fill_fp64;
  static constexpr auto compare = cuda::memory_compare_fp64;
};
template <>
struct Kernels<float> {
  static constexpr auto type = MemoryType::fp32;
  static constexpr auto copy = cuda::memory_copy_fp32;
  static constexpr auto scale = cuda::memory_scale_fp32;
  static constexpr auto add = cuda::memory_add_fp32;
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
  static AlignedArray<T> answer(MemoryOp op, std::size_t count, cudacpu::Shape const& shape,
                                bool past_cache) {
    auto b = filled(count, keys.b), c = filled(count, keys.c);
    AlignedArray<T> a(count);
    if (op == MemoryOp::copy) cudacpu::launch(shape, Kernels<T>::copy, a.data(), b.data(), count, past_cache);
    if (op == MemoryOp::scale)
      cudacpu::launch(shape, Kernels<T>::scale, a.data(), b.data(), count, past_cache);
    if (op == MemoryOp::add)
      cudacpu::launch(shape, Kernels<T>::add, a.data(), b.data(), c.data(), count, past_cache);
    if (op == MemoryOp::triad)
      cudacpu::launch(shape, Kernels<T>::triad, a.data(), b.data(), c.data(), count, past_cache);
    if (op == MemoryOp::write) {
      cudacpu::launch(shape, cuda::memory_write, reinterpret_cast<std::uint64_t*>(a.data()),
                      count * sizeof(T) / 8, write_pattern(Kernels<T>::type, keys.pattern), past_cache);
    }
    return a;
  }
  static AlignedArray<T> answer(MemoryOp op, std::size_t count) {
    return answer(op, count, {.grid = 2, .block = block_size}, false);
  }
  static std::uint64_t sum(AlignedArray<T>& b, cudacpu::Shape const& shape, bool past_cache) {
    AlignedArray<unsigned long long> sums(shape.grid.x);
    cudacpu::launch(shape, cuda::memory_read, reinterpret_cast<std::uint64_t const*>(b.data()),
                    b.size() * sizeof(T) / 8, past_cache, sums.data());
    return std::accumulate(sums.begin(), sums.end(), std::uint64_t{0});
  }
  static std::uint64_t right_sum(AlignedArray<T>& b) {
    std::vector<std::uint64_t> words(b.size() * sizeof(T) / 8);
    std::memcpy(words.data(), b.data(), words.size() * 8);
    return std::accumulate(words.begin(), words.end(), std::uint64_t{0});
  }
  static MismatchCounters compared(AlignedArray<T>& a, MemoryOp op) {
    MismatchCounters found{0, ~0ULL};
    cudacpu::launch({.grid = 2, .block = block_size, .order = cudacpu::Order::shuffled}, Kernels<T>::compare,
                    a.data(), a.size(), op, keys, &found);
    return found;
  }
};

// From one 16-byte pack to more than a tile of the widest kernel, few and many blocks.
constexpr std::size_t pack_counts[] = {1, 2, 255, 256, 257, 1023, 1024, 1025, 2047, 2048, 2049, 5000};

using Types = testing::Types<double, float>;
TYPED_TEST_SUITE(MemoryKernels, Types);

TYPED_TEST(MemoryKernels, FillMakesTheDocumentedValues) {
  auto out = this->filled(1003, keys.b);
  for (std::size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i], memory_value<TypeParam>(keys.b, i)) << i;
}

TYPED_TEST(MemoryKernels, EveryOperationIsRightAtEverySizeAndOrderPastTheCacheOrNot) {
  constexpr std::size_t pack = 16 / sizeof(TypeParam);
  for (auto const op : {MemoryOp::write, MemoryOp::copy, MemoryOp::scale, MemoryOp::add, MemoryOp::triad}) {
    for (std::size_t const packs : pack_counts) {
      for (auto const order : cudacpu::all_orders) {
        auto a = this->answer(op, packs * pack,
                              {.grid = packs % 2 == 0 ? 3u : 1u, .block = block_size, .order = order},
                              packs % 3 == 0);
        for (std::size_t i = 0; i < a.size(); ++i) {
          ASSERT_EQ(a[i], memory_expected<TypeParam>(op, keys, i)) << i << " of " << a.size();
        }
      }
    }
  }
}

TYPED_TEST(MemoryKernels, ReadSumsEveryWordInEveryOrder) {
  for (std::size_t const packs : pack_counts) {
    auto b = this->filled(packs * 16 / sizeof(TypeParam), keys.b);
    for (auto const order : cudacpu::all_orders) {
      for (bool const past_cache : {false, true}) {
        ASSERT_EQ(this->sum(b, {.grid = 3, .block = block_size, .order = order}, past_cache),
                  this->right_sum(b));
      }
    }
  }
}

TYPED_TEST(MemoryKernels, ReadsSumChangesWithAnyBit) {
  auto b = this->filled(4096, keys.b);
  auto const right = this->right_sum(b);
  for (unsigned flip = 0; flip < 200; ++flip) {
    auto* const byte =
        reinterpret_cast<unsigned char*>(b.data()) + (flip * 7919U) % (b.size() * sizeof(TypeParam));
    *byte = static_cast<unsigned char>(*byte ^ (1U << flip % 8));
    EXPECT_NE(this->sum(b, {.grid = 2, .block = block_size}, true), right);
    *byte = static_cast<unsigned char>(*byte ^ (1U << flip % 8));
  }
}

TYPED_TEST(MemoryKernels, CompareFindsNothingInARightAnswer) {
  for (auto const op : computing) {
    auto a = this->answer(op, 4000);
    EXPECT_EQ(this->compared(a, op).wrong, 0U);
  }
}

TYPED_TEST(MemoryKernels, CompareCountsWrongElementsAndNamesTheFirst) {
  auto a = this->answer(MemoryOp::triad, 4000);
  a[3999] = std::nextafter(a[3999], TypeParam(9));
  a[1234] = std::numeric_limits<TypeParam>::quiet_NaN();
  a[777] = 0;
  auto const found = this->compared(a, MemoryOp::triad);
  EXPECT_EQ(found.wrong, 3U);
  EXPECT_EQ(found.first, 777U);
}

TYPED_TEST(MemoryKernels, CompareSeesAnyOperationInPlaceOfAnother) {
  for (auto const done : computing) {
    for (auto const wanted : computing) {
      if (done == wanted) continue;
      auto a = this->answer(done, 4000);
      EXPECT_GT(this->compared(a, wanted).wrong, 3900U);
    }
  }
}

// Little's law with 800 ns of latency under load; figures of the data sheets. A B200's two dies: 148, 8 TB/s.
TEST(MemoryTiles, LoadsUnderWayCoverTheLatencyOfEveryGpuTwice) {
  struct Gpu {
    double bytes_per_second;
    int multiprocessors;
  };
  constexpr double per_multiprocessor = 16.0 * cuda::loads_under_way * cuda::resident_blocks * block_size;
  for (auto const& gpu :
       {Gpu{1555e9, 108}, Gpu{2039e9, 108}, Gpu{3350e9, 132}, Gpu{4800e9, 132}, Gpu{8000e9, 148}}) {
    EXPECT_GT(per_multiprocessor, 2 * gpu.bytes_per_second * 800e-9 / gpu.multiprocessors);
  }
}

}  // namespace
}  // namespace muster
