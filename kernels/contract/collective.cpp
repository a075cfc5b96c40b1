#include "kernels/contract/collective.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

namespace muster {

namespace {

constexpr std::array<std::string_view, operation_count> operations{
    "all_reduce",   "all_gather", "reduce_scatter", "broadcast", "reduce",  "all_to_all",
    "all_to_all_v", "gather",     "scatter",        "send_recv", "pairwise"};
constexpr std::array<std::string_view, 12> types{"int8",    "uint8",    "int32",       "uint32",
                                                 "int64",   "uint64",   "float16",     "float32",
                                                 "float64", "bfloat16", "float8_e4m3", "float8_e5m2"};
constexpr std::array<std::string_view, 6> reductions{"sum", "prod", "min", "max", "avg", "premul_sum"};

template <class Value, std::size_t size>
Value named(std::array<std::string_view, size> const& names, std::string_view text, char const* what) {
  auto const found = std::ranges::find(names, text);
  if (found == names.end()) throw std::invalid_argument("'" + std::string(text) + "' is no " + what);
  return static_cast<Value>(found - names.begin());
}

}  // namespace

Operation operation_named(std::string_view text) { return named<Operation>(operations, text, "collective"); }
ElementType element_type_named(std::string_view text) {
  return named<ElementType>(types, text, "element type of collectives");
}
Reduction reduction_named(std::string_view text) { return named<Reduction>(reductions, text, "reduction"); }

std::string_view name(Operation operation) { return operations.at(static_cast<std::size_t>(operation)); }
std::string_view name(ElementType type) { return types.at(static_cast<std::size_t>(type)); }
std::string_view name(Reduction reduction) { return reductions.at(static_cast<std::size_t>(reduction)); }

double bus_factor(Operation operation, int ranks) {
  double const n = ranks;
  if (operation == Operation::all_reduce) return 2 * (n - 1) / n;
  return has_parts(operation) ? (n - 1) / n : 1;
}

}  // namespace muster
