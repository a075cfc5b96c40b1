// One [[expect]] of a cluster's description: what cases of some kind should reach, and who says so.
#pragma once
#include "harness/core/cluster_description.hpp"
#include "harness/plan/faults.hpp"
#include "harness/plan/table_reader.hpp"

namespace muster {

/// Adds what is wrong to `faults`: also workloads and parameters that do not exist, and numbers without a
/// source.
Expectation read_expectation(toml::table const& table, Faults& faults);

/// One [[fact]]: the least that a number of the driver may be.
FactLimit read_fact_limit(toml::table const& table, Faults& faults);

}  // namespace muster
