// Training steps for people: where the time of a step goes, what each part takes alone, what limits it.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "harness/core/document.hpp"
#include "harness/report/table.hpp"

namespace muster {

/// Part of a training step on its compute lane: the parts' seconds add up to the step.
struct StepPart {
  std::string name;               ///< "input", "forward", ..., as people call them
  double seconds = 0;             ///< mean over steps
  std::optional<double> alone{};  ///< seconds with nothing else going on
};

/// Of a case that is one of training steps, in the order of a step, those that take no time left out; empty
/// for other cases and for those that have no figures.
std::vector<StepPart> step_parts(CaseResult const& result);

/// Of all parts that there may be, in the order of a step.
std::vector<std::string> step_part_names();

/// A row for each part of each training step, then the step, and below them its rates, what it is held
/// against, and what the case says of itself (the facts finding, slowest_rank, steadiness, left_out). All
/// from the document's figures and facts; no rows where there is no training step.
Table step_table(Document const& document);

}  // namespace muster
