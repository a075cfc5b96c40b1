// The words of gemm_types.hpp by name: what parameters may say, in this order, and what is read from them.
#pragma once
#include <array>
#include <cstddef>
#include <string_view>

#include "kernels/gemm/gemm_types.hpp"

namespace muster {

struct GemmTypeRow {
  GemmType value;
  std::string_view name;
  std::size_t bytes;
  std::string_view peak;
};

/// Of operands; int32 stands apart, being a type of D only.
inline constexpr std::array<GemmTypeRow, 8> gemm_operand_types{{{GemmType::fp64, "fp64", 8, "fp64"},
                                                                {GemmType::fp32, "fp32", 4, "fp32"},
                                                                {GemmType::tf32, "tf32", 4, "tf32"},
                                                                {GemmType::fp16, "fp16", 2, "fp16"},
                                                                {GemmType::bf16, "bf16", 2, "bf16"},
                                                                {GemmType::int8, "int8", 1, "int8"},
                                                                {GemmType::fp8_e4m3, "fp8_e4m3", 1, "fp8"},
                                                                {GemmType::fp8_e5m2, "fp8_e5m2", 1, "fp8"}}};

template <class Enum>
struct GemmWord {
  Enum value;
  std::string_view name;
};

inline constexpr std::array<GemmWord<GemmLayout>, 4> gemm_layouts{
    {{GemmLayout::nn, "nn"}, {GemmLayout::nt, "nt"}, {GemmLayout::tn, "tn"}, {GemmLayout::tt, "tt"}}};

inline constexpr std::array<GemmWord<GemmDist>, 5> gemm_dists{{{GemmDist::normal, "normal"},
                                                               {GemmDist::uniform, "uniform"},
                                                               {GemmDist::integers, "integers"},
                                                               {GemmDist::constant, "constant"},
                                                               {GemmDist::zeros, "zeros"}}};

}  // namespace muster
