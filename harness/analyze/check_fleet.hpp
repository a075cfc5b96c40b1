// Parts against their peers.
#pragma once
#include <vector>

#include "harness/analyze/parts.hpp"

namespace muster {

/// By the rule of fleet_rule.hpp: GPUs, nodes, clocks, and what became slower during the run. `second`: of
/// the same parts, measured again; null where there is none.
std::vector<CheckFinding> fleet_findings(PartFigures const& figures, PartFigures const* second);

/// GPUs (`unit`) that have enough peers with clean figures to be judged by.
std::vector<bool> judged_by_peers(PartFigures const& figures, Unit unit);

}  // namespace muster
