#include "kernels/gemm/gemm_types.hpp"

#include <stdexcept>
#include <string>

#include "kernels/gemm/gemm_names.hpp"

namespace muster {

namespace {

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

GemmTypeRow const& type_row(GemmType type) {
  static constexpr GemmTypeRow int32{GemmType::int32, "int32", 4, ""};
  return type == GemmType::int32 ? int32 : row_of(gemm_operand_types, type);
}

}  // namespace

GemmType gemm_type(std::string_view name) {
  return value_of(gemm_operand_types, name, "type of a GEMM's operands");
}
std::string_view name(GemmType type) { return type_row(type).name; }
std::size_t element_bytes(GemmType type) { return type_row(type).bytes; }
std::string_view peak_name(GemmType type) { return type_row(type).peak; }

GemmLayout gemm_layout(std::string_view name) { return value_of(gemm_layouts, name, "layout of a GEMM"); }
std::string_view name(GemmLayout layout) { return row_of(gemm_layouts, layout).name; }

GemmDist gemm_dist(std::string_view name) { return value_of(gemm_dists, name, "distribution of operands"); }
std::string_view name(GemmDist dist) { return row_of(gemm_dists, dist).name; }

}  // namespace muster
