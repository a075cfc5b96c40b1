#include "kernels/gemm/gemm_bound.hpp"

#include <gtest/gtest.h>

#include "kernels/gemm/gemm_problem.hpp"

namespace muster {
namespace {

// The A100-80's: 312 TFLOP/s at 1,410 MHz, 2,039 GB/s.
Bound const peak{"tensor_peak_at_max_clock", 312e12, "FLOP/s", 1410e6};
Bound const bandwidth{"memory_clock_x_bus_width", 2039e9, "B/s"};

GemmProblem bf16(std::int64_t m, std::int64_t n, std::int64_t k) {
  return {.type = GemmType::bf16, .output = GemmType::bf16, .m = m, .n = n, .k = k};
}

TEST(Roofline, ALargeSquareIsLimitedByArithmetic) {
  auto const bound = roofline(bf16(8192, 8192, 8192).work(), peak, bandwidth).value();
  EXPECT_EQ(bound.name, "tensor_peak_at_max_clock");
  EXPECT_EQ(bound.value, 312e12);
  EXPECT_EQ(bound.clock_hz, 1410e6);
}

// ResNet-50's first convolution: 60.42e9 operations on 1.3553e9 bytes, 44.587 a byte.
TEST(Roofline, ATallAndNarrowProductByMemory) {
  auto const bound = roofline(bf16(3211264, 64, 147).work(), peak, bandwidth).value();
  EXPECT_EQ(bound.name, "memory_roofline");
  EXPECT_NEAR(bound.value, 44.58706 * 2039e9, 1e7);
  EXPECT_EQ(bound.unit, "FLOP/s");
  EXPECT_EQ(bound.clock_hz, 0) << "the SM clock does not move the memory's limit";
}

TEST(Roofline, WithoutAPeakOrABandwidthThereIsWhatIsKnown) {
  EXPECT_FALSE(roofline(bf16(64, 64, 64).work(), std::nullopt, bandwidth));
  EXPECT_EQ(roofline(bf16(3211264, 64, 147).work(), peak, std::nullopt)->value, 312e12);
}

}  // namespace
}  // namespace muster
