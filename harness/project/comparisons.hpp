// What was said of a cluster, beside what comes out here.
#pragma once
#include <span>
#include <vector>

#include "harness/core/projection.hpp"

namespace muster::project {

/// Each claim with the figures that it is about, one a scenario (those that are alike once), and what to make
/// of it.
std::vector<Comparison> comparisons(std::span<Claim const> claims, std::span<ProjectedFigure const> figures,
                                    Scenario const& first);

}  // namespace muster::project
