#include "tests/standin/cublaslt/matrix.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <vector>

#include "kernels/contract/float16.hpp"
#include "kernels/contract/float8.hpp"

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
    case CUDA_R_8I:
      return static_cast<double>(as(std::int8_t{}));
    case CUDA_R_32I:
      return static_cast<double>(as(std::int32_t{}));
    case CUDA_R_8F_E4M3:
      return static_cast<double>(from_e4m3(as(std::uint8_t{})));
    case CUDA_R_8F_E5M2:
      return static_cast<double>(from_e5m2(as(std::uint8_t{})));
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
    case CUDA_R_32I:
      return put(static_cast<std::int32_t>(value));
    default:
      return put(to_bf16(single));
  }
}

std::size_t at(Layout const& layout, std::uint64_t row, std::uint64_t column) {
  return row + column * static_cast<std::size_t>(layout.leading);
}

// op(A), column-major and without gaps.
template <class T>
std::vector<T> dense(Layout const& layout, void const* data, bool turned, bool tf32) {
  std::uint64_t const tall = rows(layout, turned), wide = columns(layout, turned);
  std::vector<T> values(tall * wide);
  for (std::uint64_t column = 0; column < wide; ++column) {
    for (std::uint64_t row = 0; row < tall; ++row) {
      auto const index = turned ? at(layout, column, row) : at(layout, row, column);
      double const value = load(data, layout.type, index);
      values[row + column * tall] =
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
  auto const& operation = what.operation;
  bool const tf32 = operation.compute == CUBLAS_COMPUTE_32F_FAST_TF32;
  auto const m = what.d.rows, n = what.d.columns;
  auto const sums =
      product(dense<T>(what.a, a, operation.turn_a, tf32), dense<T>(what.b, b, operation.turn_b, tf32), m, n,
              columns(what.a, operation.turn_a));
  for (std::uint64_t j = 0; j < n; ++j) {
    for (std::uint64_t i = 0; i < m; ++i) {
      double value = what.alpha * static_cast<double>(sums[i + j * m]);
      if (what.beta != 0) value += what.beta * load(c, what.c.type, at(what.c, i, j));
      store(d, what.d.type, at(what.d, i, j), value);
    }
  }
}

template <class Pointer>
Pointer of_batch(Layout const& layout, Pointer data, std::int32_t index) {
  using Byte = std::conditional_t<std::is_const_v<std::remove_pointer_t<Pointer>>, char const, char>;
  return static_cast<Byte*>(data) + static_cast<std::ptrdiff_t>(index) * layout.stride *
                                        static_cast<std::ptrdiff_t>(element_bytes(layout.type));
}

}  // namespace

bool known(cudaDataType type) {
  switch (type) {
    case CUDA_R_64F:
    case CUDA_R_32F:
    case CUDA_R_16F:
    case CUDA_R_16BF:
    case CUDA_R_8I:
    case CUDA_R_32I:
    case CUDA_R_8F_E4M3:
    case CUDA_R_8F_E5M2:
      return true;
    default:
      return false;
  }
}

std::size_t element_bytes(cudaDataType type) {
  switch (type) {
    case CUDA_R_64F:
      return 8;
    case CUDA_R_32F:
    case CUDA_R_32I:
      return 4;
    case CUDA_R_8I:
    case CUDA_R_8F_E4M3:
    case CUDA_R_8F_E5M2:
      return 1;
    default:
      return 2;
  }
}

std::uint64_t rows(Layout const& layout, bool turned) { return turned ? layout.columns : layout.rows; }
std::uint64_t columns(Layout const& layout, bool turned) { return turned ? layout.rows : layout.columns; }

std::size_t extent(Layout const& layout) {
  auto const before = static_cast<std::size_t>(layout.batch - 1) * static_cast<std::size_t>(layout.stride);
  return (before + at(layout, layout.rows - 1, layout.columns - 1) + 1) * element_bytes(layout.type);
}

void multiply(Product const& what, void const* a, void const* b, void const* c, void* d) {
  bool const wide =
      what.operation.compute == CUBLAS_COMPUTE_64F || what.operation.compute == CUBLAS_COMPUTE_32I;
  for (std::int32_t i = 0; i < what.d.batch; ++i) {
    auto const *ai = of_batch(what.a, a, i), *bi = of_batch(what.b, b, i), *ci = of_batch(what.c, c, i);
    wide ? multiply_in<double>(what, ai, bi, ci, of_batch(what.d, d, i))
         : multiply_in<float>(what, ai, bi, ci, of_batch(what.d, d, i));
  }
}

}  // namespace muster::standin
