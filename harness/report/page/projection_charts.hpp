// Charts of a projection.
#pragma once
#include <string>
#include <vector>

#include "harness/core/projection.hpp"
#include "harness/report/markup.hpp"

namespace muster {

/// Useful rates of a workload over nodes, a curve for each scenario, the first one's band, and what was
/// measured.
Markup scaling_chart(project::Projection const& projection, std::string const& workload);

/// What moves a workload's answer, most first: a bar from its worse to its better end.
Markup tornado_chart(project::Projection const& projection, std::string const& workload);

std::vector<std::string> projected_workloads(project::Projection const& projection);

}  // namespace muster
