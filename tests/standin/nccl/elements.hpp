// The twelve data types, and how elements of several ranks become one in each of them.
#pragma once
#include <nccl.h>

#include <array>
#include <cstddef>

namespace muster::standin {

std::size_t element_bytes(ncclDataType_t type);  ///< 0: there is no such type
char const* type_name(ncclDataType_t type);      ///< "float32"
bool is_fp8(ncclDataType_t type);
bool is_integer(ncclDataType_t type);

/// What a reduction operator means at the time of a call: the operator may be destroyed right after it.
struct Reduction {
  enum class Kind { sum, prod, max, min, average, premultiplied };
  Kind kind = Kind::sum;
  std::array<std::byte, 8> scalar{};    ///< premultiplied: an element
  void const* device_scalar = nullptr;  ///< or where it is found when the work runs
};

/// to[i] = from[i] times the scalar, rounded in the type.
void multiply(std::byte* to, std::byte const* from, std::size_t count, ncclDataType_t type,
              std::byte const* scalar);
/// into[i] = into[i] and from[i] by `kind`, rounded in the type; averages and premultiplied elements are
/// added.
void combine(std::byte* into, std::byte const* from, std::size_t count, ncclDataType_t type,
             Reduction::Kind kind);
/// Integers, rounded towards zero.
void divide(std::byte* values, std::size_t count, ncclDataType_t type, int divisor);
/// 1 / ranks as an element of a floating-point type.
std::array<std::byte, 8> one_over(int ranks, ncclDataType_t type);

}  // namespace muster::standin
