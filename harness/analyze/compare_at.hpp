// A comparison that leaves room for another stage.
#pragma once
#include "harness/analyze/compare.hpp"

namespace muster {

/// `level`: what q has to be at most for a change to count as shown.
Comparison compare_at(Side const& base, Side const& candidate, CompareOptions const& options, double level);

}  // namespace muster
