// One case of a comparison, before its family is known.
#pragma once
#include <string>

#include "harness/analyze/common_nodes.hpp"
#include "harness/analyze/sides.hpp"
#include "harness/core/comparison.hpp"

namespace muster {

class CaseMaker {
 public:
  /// `blocked`: the sides as a whole cannot be compared.
  CaseMaker(Side const& base, Side const& candidate, CompareOptions const& options, bool blocked)
      : options_(options), nodes_(base, candidate), blocked_(blocked) {}

  /// Null for a side that does not have the case; not both. Where it is `gated`, its verdict is left open and
  /// its reason is what else is worth knowing.
  CaseComparison make(std::string const& name, SideCase const* base, SideCase const* candidate);

 private:
  void judge(CaseComparison& one, SideCase const& base, SideCase const& candidate);
  std::string why_incomparable(SideCase const& base, SideCase const& candidate) const;
  /// False where it has said that the figures of these nodes are none.
  bool choose_nodes(CaseComparison& one, SideCase const& base, SideCase const& candidate);

  CompareOptions const& options_;
  CommonNodes nodes_;
  bool blocked_;
};

}  // namespace muster
