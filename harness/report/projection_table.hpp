// A projection as text. Every line says that it is one.
#pragma once
#include <string>

#include "harness/core/projection.hpp"
#include "harness/report/table.hpp"

namespace muster {

/// Every workload, number of nodes and scenario in full, base units: for spreadsheets.
Table steps_table(project::Projection const& projection);

/// Rates of one workload: a row for each number of nodes, a column for each scenario.
Table rates_table(project::Projection const& projection);
/// Where a step's time goes on the most nodes.
Table terms_table(project::Projection const& projection);
/// What is not of one workload: peaks, HPL, storage, failures, start-up.
Table figures_table(project::Projection const& projection);
/// What was said of the cluster beside what comes out.
Table claims_table(project::Projection const& projection);
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
