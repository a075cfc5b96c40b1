// Two keys that say whether two documents may be compared: the same work, on the same kind of machine.
#pragma once
#include <string>
#include <vector>

#include "harness/core/document.hpp"
#include "harness/core/plan.hpp"

namespace muster {

/// SHA-256 over every case's name, workload, parameters and ranks, whatever their order, and over whether the
/// input is the user's own. Not over the seed, the launches or the time given: those change the precision,
/// not the work.
std::string workload_key(Plan const& plan);

/// SHA-256 over the backends in use and, of every node, CPU model, CPU counts and the devices' names. Never
/// over names of hosts, serial numbers or anything measured.
std::string platform_key(Plan const& plan, std::vector<Node> const& nodes);

}  // namespace muster
