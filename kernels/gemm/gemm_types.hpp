// The words in which a GEMM is described. Plain enums, so that kernels can be handed them.
#pragma once
#include <cstddef>
#include <string_view>

namespace muster {

/// Type of the operands and of the arithmetic. tf32 is stored as float. int8 is summed in int32, which is
/// then D's type; fp8 is summed in fp32 and gives bf16. int32 is a type of D only.
enum class GemmType { fp64, fp32, tf32, fp16, bf16, int8, fp8_e4m3, fp8_e5m2, int32 };

GemmType gemm_type(std::string_view name);  ///< of operands; throws std::invalid_argument for another name
std::string_view name(GemmType type);
std::size_t element_bytes(GemmType type);
/// The name by which Device::peak_flops() knows the type: "fp8" for both of them.
std::string_view peak_name(GemmType type);

constexpr bool is_fp8(GemmType type) { return type == GemmType::fp8_e4m3 || type == GemmType::fp8_e5m2; }

/// How the operands lie in memory: first letter A, second B; n as the product reads them (A m x k, B k x n),
/// t transposed (A k x m, B n x k). Each is row-major and dense, and D always m x n.
enum class GemmLayout { nn, nt, tn, tt };

GemmLayout gemm_layout(std::string_view name);  ///< throws std::invalid_argument for another name
std::string_view name(GemmLayout layout);
constexpr bool a_transposed(GemmLayout layout) {
  return layout == GemmLayout::tn || layout == GemmLayout::tt;
}
constexpr bool b_transposed(GemmLayout layout) {
  return layout == GemmLayout::nt || layout == GemmLayout::tt;
}

/// What the operands hold; see gemm_data.hpp.
enum class GemmDist { normal, uniform, integers, constant, zeros };

GemmDist gemm_dist(std::string_view name);  ///< throws std::invalid_argument for another name
std::string_view name(GemmDist dist);

}  // namespace muster
