// Parameters, and faults in them, that the GEMM workloads' declarations share.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/params.hpp"
#include "kernels/gemm/gemm_names.hpp"

namespace muster {

/// All names of one of the tables, or those that `wanted` is true for.
template <class Table, class Wanted>
std::vector<std::string> gemm_words(Table const& table, Wanted const& wanted) {
  std::vector<std::string> words;
  for (auto const& row : table) {
    if (wanted(row.value)) words.emplace_back(row.name);
  }
  return words;
}
template <class Table>
std::vector<std::string> gemm_words(Table const& table) {
  return gemm_words(table, [](auto) { return true; });
}

/// A choice that stands in names only where it is not the usual one.
inline ParamSpec gemm_choice(std::string name, std::string usual, std::vector<std::string> choices,
                             std::string help) {
  return {.name = std::move(name),
          .kind = ParamSpec::Kind::choice,
          .fallback = std::move(usual),
          .help = std::move(help),
          .choices = std::move(choices),
          .naming = ParamSpec::Naming::unless_default};
}

/// `types`: those of the operands that the workload has.
inline ParamSpec gemm_type_param(std::vector<std::string> types, std::string help) {
  auto spec = gemm_choice("type", "fp32", std::move(types), std::move(help));
  spec.naming = ParamSpec::Naming::always;
  return spec;
}

inline ParamSpec gemm_layout_param(std::string help) {
  return gemm_choice("layout", "nt", gemm_words(gemm_layouts), std::move(help));
}

inline ParamSpec gemm_dist_param(std::string help) {
  return gemm_choice("dist", "normal", gemm_words(gemm_dists), std::move(help));
}

inline ParamSpec gemm_size_param(std::string name, std::int64_t usual, std::pair<double, double> range,
                                 std::string help) {
  return {.name = std::move(name),
          .kind = ParamSpec::Kind::integer,
          .fallback = usual,
          .help = std::move(help),
          .low = range.first,
          .high = range.second};
}

/// What m, n and k have to be multiples of: what the tensor cores load of 8-bit types (cuBLAS documentation,
/// cublasLtMatmul).
inline std::int64_t gemm_granule(std::string const& type) {
  return type.starts_with("fp8") ? 16 : type == "int8" ? 4 : 1;
}

/// Adds a fault where the type does not come in the layout asked for (same source).
inline void require_gemm_layout(std::vector<std::string>& faults, Params const& params) {
  auto const& type = params.text("type");
  if (gemm_granule(type) == 1 || params.text("layout") == "nt") return;
  faults.push_back(type + " has no layout " + params.text("layout") +
                   " (cuBLASLt multiplies 8-bit types in one only) use layout nt");
}

}  // namespace muster
