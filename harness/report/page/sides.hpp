// The parts of a page about several documents together. Each is empty where there is only one, or nothing to
// show.
#pragma once
#include <vector>

#include "harness/core/comparison.hpp"
#include "harness/report/page/parts.hpp"
#include "harness/report/page/reported.hpp"

namespace muster {

using Results = std::vector<ReportedResult>;

/// Of each comparison in a few words.
Markup comparison_boxes(std::vector<Comparison> const& comparisons);

/// Verdicts case by case, and what differs in the environment.
Markup comparison_section(std::vector<Comparison> const& comparisons);

/// Every launch of every case, label by label.
Markup sides_section(Results const& results);

}  // namespace muster
