// Parts against themselves: wrong answers, memory errors, throttling, links to the host and to each other,
// other processes, settings, and nodes that did not answer.
#pragma once
#include <vector>

#include "harness/analyze/parts.hpp"

namespace muster {

/// Nodes that were left out or did not answer, wrong answers, cases that broke off: from coverage and
/// failures.
std::vector<CheckFinding> failure_findings(PartFigures const& figures, RankSamples const& samples);

/// What each GPU's states and counters say, over all cases. Of a GPU that has none (a large run's of an older
/// version) only what tainted a rank's figures is known, and it is said as that.
std::vector<CheckFinding> device_findings(PartFigures const& figures, RankSamples const& samples);

/// GPUs that are set up otherwise than most of their model.
std::vector<CheckFinding> setting_findings(PartFigures const& figures);

}  // namespace muster
