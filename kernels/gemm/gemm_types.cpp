#include "kernels/gemm/gemm_types.hpp"

#include <array>
#include <stdexcept>
#include <string>

namespace muster {

namespace {

struct TypeRow {
  GemmType value;
  std::string_view name;
  std::size_t bytes;
  std::string_view peak;
};

constexpr std::array<TypeRow, 9> types{{{GemmType::fp64, "fp64", 8, "fp64"},
                                        {GemmType::fp32, "fp32", 4, "fp32"},
                                        {GemmType::tf32, "tf32", 4, "tf32"},
                                        {GemmType::fp16, "fp16", 2, "fp16"},
                                        {GemmType::bf16, "bf16", 2, "bf16"},
                                        {GemmType::int8, "int8", 1, "int8"},
                                        {GemmType::fp8_e4m3, "fp8_e4m3", 1, "fp8"},
                                        {GemmType::fp8_e5m2, "fp8_e5m2", 1, "fp8"},
                                        {GemmType::int32, "int32", 4, ""}}};

template <class Enum>
struct Row {
  Enum value;
  std::string_view name;
};

constexpr std::array<Row<GemmLayout>, 4> layouts{
    {{GemmLayout::nn, "nn"}, {GemmLayout::nt, "nt"}, {GemmLayout::tn, "tn"}, {GemmLayout::tt, "tt"}}};

constexpr std::array<Row<GemmDist>, 5> dists{{{GemmDist::normal, "normal"},
                                              {GemmDist::uniform, "uniform"},
                                              {GemmDist::integers, "integers"},
                                              {GemmDist::constant, "constant"},
                                              {GemmDist::zeros, "zeros"}}};

template <class Table, class Enum>
auto const& row_of(Table const& table, Enum value) {
  for (auto const& entry : table) {
    if (entry.value == value) return entry;
  }
  throw std::invalid_argument("a value that its enum does not have");
}

template <class Table>
auto value_of(Table const& table, std::string_view name, std::string const& what) {
  for (auto const& entry : table) {
    if (entry.name == name) return entry.value;
  }
  throw std::invalid_argument("'" + std::string(name) + "' is no " + what);
}

}  // namespace

GemmType gemm_type(std::string_view name) {
  auto const type = value_of(types, name, "type of a GEMM's operands");
  if (type == GemmType::int32) throw std::invalid_argument("'int32' is no type of a GEMM's operands");
  return type;
}
std::string_view name(GemmType type) { return row_of(types, type).name; }
std::size_t element_bytes(GemmType type) { return row_of(types, type).bytes; }
std::string_view peak_name(GemmType type) { return row_of(types, type).peak; }

GemmLayout gemm_layout(std::string_view name) { return value_of(layouts, name, "layout of a GEMM"); }
std::string_view name(GemmLayout layout) { return row_of(layouts, layout).name; }

GemmDist gemm_dist(std::string_view name) { return value_of(dists, name, "distribution of operands"); }
std::string_view name(GemmDist dist) { return row_of(dists, dist).name; }

}  // namespace muster
