// Simulated times beside the analytic core's.
#pragma once
#include <string>
#include <vector>

#include "harness/core/simulation.hpp"
#include "harness/report/table.hpp"

namespace muster {

Table simulations_table(std::vector<project::Simulation> const& simulations);

/// The table with its heading, and how many lie outside their bands; "" for none.
std::string simulations_text(std::vector<project::Simulation> const& simulations);

}  // namespace muster
