// What the stand-in keeps in cuBLASLt's opaque descriptors, and the product itself.
#pragma once
#include <cublasLt.h>

#include <cstdint>

namespace muster::standin {

struct Layout {
  cudaDataType type;
  std::uint64_t rows, columns;
  std::int64_t leading;  ///< elements from one column to the next
};

struct Operation {
  cublasComputeType_t compute;
  cudaDataType_t scale;
};

struct Product {
  Operation operation;
  Layout a, b, c, d;
  double alpha, beta;
};

bool known(cudaDataType type);
std::size_t element_bytes(cudaDataType type);

/// Bytes from a matrix's first element to its last one's end.
std::size_t extent(Layout const& layout);

/// D = alpha A B + beta C; column-major, nothing transposed. Sums are in double for CUBLAS_COMPUTE_64F, else
/// in float; CUBLAS_COMPUTE_32F_FAST_TF32 rounds operands to TF32 first. C is not read when beta is 0.
void multiply(Product const& product, void const* a, void const* b, void const* c, void* d);

}  // namespace muster::standin
