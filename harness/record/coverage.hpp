// Which nodes a cluster's run is about, and which it went on without.
#pragma once
#include <optional>
#include <vector>

#include "harness/core/events.hpp"
#include "harness/core/plan.hpp"

namespace muster {

/// Absent where the plan names no number of nodes. A node that was excluded and later found fit again (the
/// run was resumed) is good.
std::optional<Coverage> coverage_of(Plan const& plan, std::vector<Event> const& events);

}  // namespace muster
