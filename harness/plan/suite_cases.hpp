// All cases of a suite on a machine, in the file's order.
#pragma once
#include <vector>

#include "harness/plan/planner.hpp"
#include "harness/plan/suite_file.hpp"

namespace muster {

/// The cases for the machine's backend, from the suite read from `file`. Everything that is wrong, also with
/// entries for other backends, is added to `faults`.
std::vector<PlannedCase> suite_cases(SuiteFile const& suite, std::filesystem::path const& file,
                                     Registry const& registry, Machine const& machine,
                                     PlanOptions const& options, Faults& faults);

}  // namespace muster
