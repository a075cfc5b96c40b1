// Which cases are judged together: those that a slow part would be slow in alike.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "harness/analyze/parts.hpp"

namespace muster {

/// Cases of one kind, and what of their figures is held against the peers.
struct CaseKind {
  std::string name;  ///< "gemm", "collective/all_reduce below 1 MiB"
  Unit unit = Unit::gpu;
  PartQuantity quantity = PartQuantity::figure;
  double margin = 0;
  std::vector<std::size_t> cases{};
};

/// Of all cases of which parts have figures, in the document's order. Products come as three: at the clock
/// that they ran at, as they are, and their clocks.
std::vector<CaseKind> kinds_of(PartFigures const& figures);

/// "gemm at its clock, 6 cases".
std::string words(CaseKind const& kind);

}  // namespace muster
