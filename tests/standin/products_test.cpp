// The stand-in cuBLASLt's products, against exact ones of small integers.
#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/standin/cublaslt/matrix.hpp"

namespace muster::standin {
namespace {

// D = 2 A B + C with leading dimensions larger than the rows; column-major.
TEST(Products, AreExactForSmallIntegersBeyondOneBlock) {
  constexpr std::uint64_t m = 300, n = 7, k = 301, pad = 3;
  Layout const a{CUDA_R_32F, m, k, m + pad}, b{CUDA_R_32F, k, n, k + pad}, d{CUDA_R_32F, m, n, m + pad};
  std::vector<float> av((m + pad) * k), bv((k + pad) * n), cv((m + pad) * n), dv((m + pad) * n, -1);
  for (std::size_t i = 0; i < av.size(); ++i) av[i] = static_cast<float>(i % 5) - 2;
  for (std::size_t i = 0; i < bv.size(); ++i) bv[i] = static_cast<float>(i % 7) - 3;
  for (std::size_t i = 0; i < cv.size(); ++i) cv[i] = static_cast<float>(i % 3);
  multiply({{CUBLAS_COMPUTE_32F, CUDA_R_32F}, a, b, d, d, 2, 1}, av.data(), bv.data(), cv.data(), dv.data());
  for (std::uint64_t j = 0; j < n; ++j) {
    for (std::uint64_t i = 0; i < m; ++i) {
      float sum = 0;
      for (std::uint64_t p = 0; p < k; ++p) sum += av[i + p * (m + pad)] * bv[p + j * (k + pad)];
      ASSERT_EQ(dv[i + j * (m + pad)], 2 * sum + cv[i + j * (m + pad)]) << i << "," << j;
    }
    for (std::uint64_t i = m; i < m + pad; ++i) ASSERT_EQ(dv[i + j * (m + pad)], -1) << "beyond the rows";
  }
}

float one_by_one(cublasComputeType_t compute, float a, float b) {
  Layout const one{CUDA_R_32F, 1, 1, 1};
  float d = NAN;  // also as C, which a beta of 0 must not read
  multiply({{compute, CUDA_R_32F}, one, one, one, one, 1, 0}, &a, &b, &d, &d);
  return d;
}

TEST(Products, InTf32RoundTheOperandsToTenBits) {
  float const fine = 1.0F + 0x1p-12F;
  EXPECT_EQ(one_by_one(CUBLAS_COMPUTE_32F, fine, 1), fine);
  EXPECT_EQ(one_by_one(CUBLAS_COMPUTE_32F_FAST_TF32, fine, 1), 1.0F);
  EXPECT_EQ(one_by_one(CUBLAS_COMPUTE_32F_FAST_TF32, 1.0F + 0x1p-10F, 1), 1.0F + 0x1p-10F);
}

TEST(Products, OfHalfPrecisionAreSummedInFloat) {
  // 2048 + 1 is no fp16 number; a sum that is kept in fp16 would lose each of the two ones.
  std::vector<std::uint16_t> const a{0x6800, 0x3C00, 0x3C00}, b{0x3C00, 0x3C00, 0x3C00};
  Layout const row{CUDA_R_16F, 1, 3, 1}, column{CUDA_R_16F, 3, 1, 3}, one{CUDA_R_16F, 1, 1, 1};
  std::uint16_t d = 0;
  multiply({{CUBLAS_COMPUTE_32F, CUDA_R_32F}, row, column, one, one, 1, 0}, a.data(), b.data(), &d, &d);
  EXPECT_EQ(d, 0x6801);  // 2050
}

}  // namespace
}  // namespace muster::standin
