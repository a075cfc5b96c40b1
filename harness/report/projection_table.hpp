// A projection as text. Every line says that it is one.
#pragma once
#include <string>
#include <vector>

#include "harness/core/projection.hpp"
#include "harness/report/table.hpp"

namespace muster {

/// Every workload, number of nodes and scenario in full, base units: for spreadsheets.
Table steps_table(project::Projection const& projection);

/// Rates of one workload: a row for each number of nodes (some: powers of eight, the largest, what was
/// measured), a column for each scenario.
enum class RatesOf { some_sizes, all_sizes };
Table rates_table(project::Projection const& projection, RatesOf sizes);
/// The fewest nodes that reach a rate; empty where none was asked for.
Table goals_table(project::Projection const& projection);
/// Where a step's time goes on the most nodes.
Table terms_table(project::Projection const& projection);
/// What is not of one workload: peaks, HPL, storage, failures, start-up.
Table figures_table(project::Projection const& projection);
/// What was said of the cluster beside what comes out.
Table claims_table(project::Projection const& projection);
/// What moves the answer in the first scenario, in the projection's order: most first, other scenarios last.
std::vector<project::Sensitivity> sensitivities_of(project::Projection const& projection,
                                                   std::string const& workload);
/// Which assumptions move the answer, most first.
Table sensitivity_table(project::Projection const& projection);
/// From how many nodes on half is lost, and to what.
Table half_lost_table(project::Projection const& projection);

/// What it is of, what it rests on, its warnings: lines that stand before and after the tables.
std::string projection_head(project::Projection const& projection);
std::string projection_warnings(project::Projection const& projection);

/// All of it, for a terminal.
std::string projection_text(project::Projection const& projection);

}  // namespace muster
