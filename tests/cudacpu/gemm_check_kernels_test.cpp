// The kernels that check a GEMM's result: the host's numbers, and planted faults.
#include "kernels/gemm/gemm_check.cuh"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/contract/device.hpp"
#include "kernels/contract/random.hpp"
#include "kernels/gemm/gemm_check.hpp"
#include "tests/cudacpu/aligned_array.hpp"

namespace muster {
namespace {

using cuda::block_size;

constexpr GemmType all_types[] = {GemmType::fp64, GemmType::fp32, GemmType::tf32,     GemmType::fp16,
                                  GemmType::bf16, GemmType::int8, GemmType::fp8_e4m3, GemmType::fp8_e5m2};

class OneThread final : public Team {
 public:
  int size() const override { return 1; }
  void run(std::function<void(int)> const& job) override { job(0); }
};

// What a case keeps on the GPU around its results, and the launches that look at them.
class Results {
 public:
  Results(unsigned sets, std::uint64_t bytes, cudacpu::Order order = cudacpu::Order::forward)
      : sets_(sets),
        bytes_(bytes),
        stride_((bytes + 7) / 8 * 8),
        order_(order),
        data_((sets - 1) * stride_ + bytes),
        slots_(sets * cuda::checksum_slots),
        sums_(sets) {
    std::ranges::fill(slots_, 0ULL);
    blank_ = sum_of_blank();
  }

  void write(unsigned set, std::uint64_t seed) {
    for (std::uint64_t i = 0; i < bytes_; ++i)
      data_[set * stride_ + i] = static_cast<char>(random_word(seed, i));
  }
  void flip(unsigned set, std::uint64_t bit) {
    auto& byte = data_[set * stride_ + bit / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ 1U << (bit % 8));
  }
  void spoil() { std::memset(data_.data(), 0xFF, data_.size()); }

  void count(std::uint64_t written, std::uint64_t number) {
    add_up();
    cudacpu::launch({.grid = 1, .block = block_size, .order = order_}, cuda::gemm_count_samples,
                    slots_.data(), sums_.data(), sets_, blank_, written, &samples, number);
  }
  std::uint64_t sum(unsigned set) { return sums_[set]; }
  std::uint64_t host_sum(unsigned set) {
    OneThread team;
    std::vector<std::uint64_t> copy((bytes_ + 7) / 8);
    std::memcpy(copy.data(), &data_[set * stride_], bytes_);
    return gemm_checksum(copy.data(), bytes_, team);
  }

  GemmSamples samples{};

 private:
  void add_up() {
    cudacpu::launch({.grid = {2, sets_}, .block = block_size, .order = order_}, cuda::gemm_checksum_results,
                    cuda::GemmResults{data_.data(), bytes_, stride_}, slots_.data());
  }
  std::uint64_t sum_of_blank() {
    spoil();
    count(0, 0);
    samples = {};
    return sums_[0];
  }

  unsigned sets_;
  std::uint64_t bytes_, stride_;
  cudacpu::Order order_;
  AlignedArray<char> data_;
  AlignedArray<unsigned long long> slots_, sums_;
  unsigned long long blank_ = ~0ULL;
};

TEST(GemmChecksumKernel, IsTheHostsChecksumAtEveryTail) {
  for (std::uint64_t const bytes : {2, 6, 8, 14, 100, 4096, 16385}) {
    for (auto const order : cudacpu::all_orders) {
      Results results(3, bytes, order);
      for (unsigned set = 0; set < 3; ++set) results.write(set, set);
      results.count(7, 0);
      for (unsigned set = 0; set < 3; ++set) EXPECT_EQ(results.sum(set), results.host_sum(set)) << bytes;
    }
  }
}

TEST(GemmChecksumKernel, OneFlippedBitAnywhereInAnySetIsCounted) {
  constexpr std::uint64_t bytes = 3 * 1024 + 6;
  Results results(4, bytes);
  for (unsigned set = 0; set < 4; ++set) results.write(set, 1);
  results.count(15, 0);
  auto const right = results.samples;
  ASSERT_EQ(right.differed, 0U);
  for (std::uint64_t i = 0; i < 300; ++i) {
    auto const bit = random_word(7, i) % (bytes * 8);
    auto const set = static_cast<unsigned>(i % 4);
    results.samples = right;
    results.flip(set, bit);
    results.count(15, i);
    EXPECT_EQ(results.samples.differed, 1U) << "bit " << bit << " of set " << set;
    EXPECT_EQ(results.samples.first, i);
    results.flip(set, bit);
  }
}

TEST(GemmSampleKernel, CountsWhatDiffersAndKeepsTheFirst) {
  Results results(2, 1000);
  for (std::uint64_t sample = 0; sample < 6; ++sample) {
    results.write(0, 1);
    results.write(1, sample == 2 || sample == 4 ? 2 : 1);
    results.count(3, sample);
    results.spoil();
  }
  EXPECT_EQ(results.samples.compared, 12U);
  EXPECT_EQ(results.samples.differed, 2U);
  EXPECT_EQ(results.samples.first, 2U);
  EXPECT_EQ(results.samples.blank, 0U);
}

TEST(GemmSampleKernel, AResultThatNobodyHasToHaveWrittenIsNoFault) {
  Results results(2, 1000);
  results.spoil();
  results.write(0, 1);
  results.count(0, 0);
  EXPECT_EQ(results.samples.compared, 1U);
  EXPECT_EQ(results.samples.blank, 1U);
  EXPECT_EQ(results.samples.differed, 0U);
}

TEST(GemmSampleKernel, ALaunchThatLeftNothingIsAFault) {
  Results results(2, 1000);
  results.spoil();
  results.write(0, 1);
  results.count(3, 5);
  EXPECT_EQ(results.samples.differed, 1U);
  EXPECT_EQ(results.samples.first, 5U);
}

TEST(GemmSampleKernel, AVerifiedReferenceJudgesTheFirstSampleToo) {
  Results results(1, 1000);
  results.write(0, 1);
  results.samples.reference = 12345;
  results.count(1, 0);
  EXPECT_EQ(results.samples.differed, 1U);
}

std::vector<std::byte> some_result(GemmProblem const& problem) {
  std::vector<std::byte> d(problem.d_bytes());
  auto const put = [&](std::uint64_t i, auto value) {
    std::memcpy(d.data() + i * sizeof value, &value, sizeof value);
  };
  for (std::uint64_t i = 0; i < problem.d_count(); ++i) {
    double const value = gemm_normal_fine(99, i) * 100;
    switch (problem.output) {
      case GemmType::fp64:
        put(i, value);
        break;
      case GemmType::fp16:
        put(i, to_fp16(static_cast<float>(value)));
        break;
      case GemmType::bf16:
        put(i, to_bf16(static_cast<float>(value)));
        break;
      case GemmType::int32:
        put(i, static_cast<std::int32_t>(value));
        break;
      default:
        put(i, static_cast<float>(value));
    }
  }
  return d;
}

std::vector<GemmRowSums> sums_by_kernels(GemmProblem const& problem, void const* d, cudacpu::Order order) {
  auto const inner = static_cast<std::size_t>(problem.batch * problem.k);
  AlignedArray<double> b_times_signs(inner);
  AlignedArray<GemmRowSums> sums(problem.d_rows());
  cudacpu::Shape const shape{.grid = 2, .block = 32, .order = order};
  cudacpu::launch(shape, cuda::gemm_b_times_signs, problem, problem.b_type(), b_times_signs.data());
  cudacpu::launch(shape, cuda::gemm_row_sums_of, problem, d, b_times_signs.data(), sums.data());
  return {sums.begin(), sums.end()};
}

TEST(GemmRowSumKernels, GiveTheHostsSumsInEveryTypeLayoutAndBatch) {
  OneThread team;
  for (auto const type : all_types) {
    for (auto const layout : {GemmLayout::nn, GemmLayout::nt, GemmLayout::tn, GemmLayout::tt}) {
      GemmProblem const problem{type, usual_output(type), 43, 10, 27, 5, layout, 3, GemmDist::normal};
      auto const d = some_result(problem);
      auto const expected = gemm_row_sums(problem, d.data(), team);
      for (auto const order : cudacpu::all_orders) {
        auto const got = sums_by_kernels(problem, d.data(), order);
        ASSERT_EQ(got.size(), expected.size());
        for (std::size_t r = 0; r < got.size(); ++r) {
          double const close = 1e-12 * (1 + std::abs(expected[r].norm) * 1e3);
          ASSERT_NEAR(got[r].got, expected[r].got, 1e-10) << describe(problem) << " row " << r;
          ASSERT_NEAR(got[r].expected, expected[r].expected, close) << describe(problem) << " row " << r;
          ASSERT_NEAR(got[r].norm, expected[r].norm, close) << describe(problem) << " row " << r;
        }
      }
    }
  }
}

// A product in fp32 and what rounding makes of it.
struct Rounded {
  GemmProblem problem{GemmType::bf16, GemmType::bf16, 21, 13, 64, 5};
  AlignedArray<float> fine{problem.d_count()};
  AlignedArray<std::uint16_t> d{problem.d_count()};
  AlignedArray<GemmRowSums> sums{problem.d_rows()};

  Rounded() {
    for (std::uint64_t i = 0; i < fine.size(); ++i) {
      fine[i] = gemm_normal(3, i) * 8 + 20;
      d[i] = to_bf16(fine[i]);
    }
    std::ranges::fill(sums, GemmRowSums{0, 0, 8});
  }

  cuda::GemmDistant compare() {
    GemmLimits const limits(problem);
    cuda::GemmDistant found{0, ~0ULL};
    cudacpu::launch({.grid = 2, .block = 32}, cuda::gemm_compare_fine, problem, d.data(), fine.data(),
                    sums.data(), cuda::GemmCloseness{1.5 * limits.out, 2 * limits.sums, limits.floor},
                    &found);
    return found;
  }
};

TEST(GemmCompareFineKernel, RoundingIsNoFault) { EXPECT_EQ(Rounded().compare().count, 0U); }

TEST(GemmCompareFineKernel, AFlippedBitInAnyElementIsFoundFromTheSecondBitOn) {
  Rounded rounded;
  for (std::uint64_t i = 0; i < rounded.d.size(); ++i) {
    for (unsigned bit = 1; bit < 16; ++bit) {
      auto const right = rounded.d[i];
      rounded.d[i] = static_cast<std::uint16_t>(right ^ 1U << bit);
      auto const found = rounded.compare();
      ASSERT_EQ(found.count, 1U) << "element " << i << " bit " << bit;
      ASSERT_EQ(found.first, i);
      rounded.d[i] = right;
    }
  }
}

TEST(GemmCompareFineKernel, NaNOnEitherSideIsFound) {
  Rounded rounded;
  rounded.d[17] = 0x7FC0;
  rounded.fine[100] = std::numeric_limits<float>::quiet_NaN();
  rounded.d[200] = 0x7F80;  // infinity
  auto const found = rounded.compare();
  EXPECT_EQ(found.count, 3U);
  EXPECT_EQ(found.first, 17U);
}

}  // namespace
}  // namespace muster
