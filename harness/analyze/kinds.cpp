#include "harness/analyze/kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace muster {
namespace {

/// Workloads that begin so, and how far below their peers healthy parts may be. Sources of the first two
/// lines: see fleet_rule.hpp; the rest are wide, since storage, host and network have a share in them.
struct Family {
  std::string_view beginning;
  double margin;
};
constexpr std::array families{Family{"gemm", 0.10},        Family{"memory/transfer", 0.05},
                              Family{"memory/peer", 0.05}, Family{"memory/numa", 0.05},
                              Family{"memory", 0.025},     Family{"training/", 0.05},
                              Family{"collective/", 0.05}, Family{"dataload/", 0.10}};
constexpr double at_clock_margin = 0.025, clock_margin = 0.10, other_margin = 0.10;
constexpr std::int64_t small_message = 1 << 20;
constexpr double small_message_margin = 0.10;

double margin_of(std::string const& workload) {
  for (auto const& family : families) {
    if (workload.starts_with(family.beginning)) return family.margin;
  }
  return other_margin;
}

bool is_small_message(CaseResult const& result) {
  return result.workload.starts_with("collective/") && result.params.has("bytes") &&
         std::holds_alternative<std::int64_t>(result.params.at("bytes")) &&
         result.params.integer("bytes") < small_message;
}

bool is_product(CaseResult const& result) {
  return result.workload == "gemm" || result.workload.starts_with("gemm/");
}

CaseKind kind_of(CaseResult const& result) {
  bool const small = is_small_message(result);
  return {is_product(result) ? "gemm" : result.workload + (small ? " below 1 MiB" : ""), unit_of(result),
          PartQuantity::figure, small ? small_message_margin : margin_of(result.workload)};
}

void add(std::vector<CaseKind>& kinds, CaseKind const& kind, std::size_t index) {
  auto found = std::ranges::find_if(kinds, [&](CaseKind const& known) {
    return known.name == kind.name && known.unit == kind.unit && known.quantity == kind.quantity;
  });
  if (found == kinds.end()) found = kinds.insert(kinds.end(), kind);
  found->cases.push_back(index);
}

}  // namespace

std::vector<CaseKind> kinds_of(PartFigures const& figures) {
  std::vector<CaseKind> kinds;
  auto const& cases = figures.document().cases;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    auto kind = kind_of(cases[i]);
    if (kind.unit == Unit::none || !has_clean_figures(cases[i])) continue;
    if (is_product(cases[i]) && kind.unit == Unit::gpu) {
      add(kinds, {kind.name, kind.unit, PartQuantity::at_clock, at_clock_margin}, i);
      add(kinds, {kind.name, kind.unit, PartQuantity::clock, clock_margin}, i);
    }
    add(kinds, kind, i);
  }
  return kinds;
}

std::string words(CaseKind const& kind) {
  return fmt::format("{}{}, {} case{}", kind.name,
                     kind.quantity == PartQuantity::at_clock ? " at its clock"
                     : kind.quantity == PartQuantity::clock  ? " (clocks)"
                                                             : "",
                     kind.cases.size(), kind.cases.size() == 1 ? "" : "s");
}

}  // namespace muster
