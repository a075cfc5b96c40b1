// What a cluster's parts say that cannot be true together, and what is missing.
#pragma once
#include "harness/plan/faults.hpp"
#include "harness/plan/sourced_table.hpp"

namespace muster {

/// A fault for every two values that contradict each other: at the line of one, naming the other's.
void check_together(PartsDraft const& draft, Faults& faults);

/// A fault for every value without which nothing can be computed. `line`: of the table that should have it.
void check_complete(PartsDraft const& draft, long line, Faults& faults);

}  // namespace muster
