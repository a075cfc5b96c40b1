#include "tests/standin/cublaslt/matrix.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/contract/float16.hpp"

namespace muster::standin {
namespace {

double load(void const* base, cudaDataType type, std::size_t index) {
  auto const as = [&]<class T>(T value) {
    std::memcpy(&value, static_cast<char const*>(base) + index * sizeof value, sizeof value);
    return value;
  };
  switch (type) {
    case CUDA_R_64F:
      return as(double{});
    case CUDA_R_32F:
      return static_cast<double>(as(float{}));
    case CUDA_R_16F:
      return static_cast<double>(from_fp16(as(std::uint16_t{})));
    default:
      return static_cast<double>(from_bf16(as(std::uint16_t{})));
  }
}

void store(void* base, cudaDataType type, std::size_t index, double value) {
  auto const put = [&](auto stored) {
    std::memcpy(static_cast<char*>(base) + index * sizeof stored, &stored, sizeof stored);
  };
  auto const single = static_cast<float>(value);
  switch (type) {
    case CUDA_R_64F:
      return put(value);
    case CUDA_R_32F:
      return put(single);
    case CUDA_R_16F:
      return put(to_fp16(single));
    default:
      return put(to_bf16(single));
  }
}

std::size_t at(Layout const& layout, std::uint64_t row, std::uint64_t column) {
  return row + column * static_cast<std::size_t>(layout.leading);
}

template <class T>
std::vector<T> dense(Layout const& layout, void const* data, bool tf32) {
  std::vector<T> values(layout.rows * layout.columns);
  for (std::uint64_t column = 0; column < layout.columns; ++column) {
    for (std::uint64_t row = 0; row < layout.rows; ++row) {
      double const value = load(data, layout.type, at(layout, row, column));
      values[row + column * layout.rows] =
          static_cast<T>(tf32 ? static_cast<double>(to_tf32(static_cast<float>(value))) : value);
    }
  }
  return values;
}

// sum[0..rows) += a[.., p] * b[p] for four columns of A at a time, so that a sum is loaded once for four
// products.
template <class T>
void add_columns(T* __restrict sum, T const* __restrict a, T const* __restrict b, std::size_t rows,
                 std::size_t stride, std::size_t inner) {
  std::size_t p = 0;
  for (; p + 4 <= inner; p += 4) {
    T const b0 = b[p], b1 = b[p + 1], b2 = b[p + 2], b3 = b[p + 3];
    T const *a0 = a + p * stride, *a1 = a0 + stride, *a2 = a1 + stride, *a3 = a2 + stride;
    for (std::size_t i = 0; i < rows; ++i) sum[i] += (a0[i] * b0 + a1[i] * b1) + (a2[i] * b2 + a3[i] * b3);
  }
  for (; p < inner; ++p) {
    for (std::size_t i = 0; i < rows; ++i) sum[i] += a[p * stride + i] * b[p];
  }
}

// A's block of `tall` x `deep` stays in the L2 cache while all of B goes by.
template <class T>
std::vector<T> product(std::vector<T> const& a, std::vector<T> const& b, std::size_t m, std::size_t n,
                       std::size_t k) {
  constexpr std::size_t tall = 256, deep = 256;
  std::vector<T> sums(m * n);
  for (std::size_t p = 0; p < k; p += deep) {
    for (std::size_t i = 0; i < m; i += tall) {
      for (std::size_t j = 0; j < n; ++j) {
        add_columns(sums.data() + i + j * m, a.data() + i + p * m, b.data() + p + j * k,
                    std::min(tall, m - i), m, std::min(deep, k - p));
      }
    }
  }
  return sums;
}

template <class T>
void multiply_in(Product const& what, void const* a, void const* b, void const* c, void* d) {
  bool const tf32 = what.operation.compute == CUBLAS_COMPUTE_32F_FAST_TF32;
  auto const m = what.d.rows, n = what.d.columns;
  auto const sums = product(dense<T>(what.a, a, tf32), dense<T>(what.b, b, tf32), m, n, what.a.columns);
  for (std::uint64_t j = 0; j < n; ++j) {
    for (std::uint64_t i = 0; i < m; ++i) {
      double value = what.alpha * static_cast<double>(sums[i + j * m]);
      if (what.beta != 0) value += what.beta * load(c, what.c.type, at(what.c, i, j));
      store(d, what.d.type, at(what.d, i, j), value);
    }
  }
}

}  // namespace

bool known(cudaDataType type) {
  return type == CUDA_R_64F || type == CUDA_R_32F || type == CUDA_R_16F || type == CUDA_R_16BF;
}

std::size_t element_bytes(cudaDataType type) { return type == CUDA_R_64F ? 8 : type == CUDA_R_32F ? 4 : 2; }

std::size_t extent(Layout const& layout) {
  return (at(layout, layout.rows - 1, layout.columns - 1) + 1) * element_bytes(layout.type);
}

void multiply(Product const& what, void const* a, void const* b, void const* c, void* d) {
  if (what.operation.compute == CUBLAS_COMPUTE_64F) {
    multiply_in<double>(what, a, b, c, d);
  } else {
    multiply_in<float>(what, a, b, c, d);
  }
}

}  // namespace muster::standin
