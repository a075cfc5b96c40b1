// What the stand-in keeps in cuBLASLt's opaque descriptors, and the product itself.
#pragma once
#include <cublasLt.h>

#include <cstdint>

namespace muster::standin {

struct Layout {
  cudaDataType type;
  std::uint64_t rows, columns;
  std::int64_t leading;     ///< elements from one column to the next
  std::int32_t batch = 1;   ///< matrices,
  std::int64_t stride = 0;  ///< and elements from one to the next
};

struct Operation {
  cublasComputeType_t compute;
  cudaDataType_t scale;
  bool turn_a = false, turn_b = false;  ///< are the operands to be transposed first?
};

struct Product {
  Operation operation;
  Layout a, b, c, d;
  double alpha, beta;
};

bool known(cudaDataType type);
std::size_t element_bytes(cudaDataType type);

/// Rows and columns of an operand as the product reads it.
std::uint64_t rows(Layout const& layout, bool turned);
std::uint64_t columns(Layout const& layout, bool turned);

/// Bytes from the first matrix's first element to the last one's last one's end.
std::size_t extent(Layout const& layout);

/// D = alpha op(A) op(B) + beta C of every matrix of the batch; column-major. Sums are in double for
/// CUBLAS_COMPUTE_64F and CUBLAS_COMPUTE_32I (where they are exact), else in float;
/// CUBLAS_COMPUTE_32F_FAST_TF32 rounds operands to TF32 first. C is not read when beta is 0.
void multiply(Product const& product, void const* a, void const* b, void const* c, void* d);

}  // namespace muster::standin
