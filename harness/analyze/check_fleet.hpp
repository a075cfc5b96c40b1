// Parts against their peers.
#pragma once
#include <set>
#include <vector>

#include "harness/analyze/parts.hpp"

namespace muster {

/// By the rule of fleet_rule.hpp: GPUs, nodes, clocks, and what became slower during the run. `second`: of
/// the same parts, measured again; null where there is none.
std::vector<CheckFinding> fleet_findings(PartFigures const& figures, PartFigures const* second);

/// What had enough peers with clean figures to be judged by.
struct PeerCoverage {
  std::vector<bool> gpus, nodes;  ///< as in PartFigures
  std::set<std::size_t> cases;    ///< by index
};
PeerCoverage peer_coverage(PartFigures const& figures);

}  // namespace muster
