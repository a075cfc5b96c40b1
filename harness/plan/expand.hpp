// From an entry of a suite to its cases: every parameter checked against its declaration, sweeps multiplied
// out.
#pragma once
#include <vector>

#include "harness/plan/suite_file.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// The most cases that one suite may have: more is a slip in a sweep.
inline constexpr std::size_t most_cases = 100'000;

/// The complete parameters, in the order of the workload's specs, of every case of one params table. The
/// first parameter declared varies slowest, values in the order written. Empty when a fault was added.
std::vector<Params> expand(Workload const& workload, At<Settings> const& settings, Faults& faults);

}  // namespace muster
