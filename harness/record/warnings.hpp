// What makes a figure less than clean: said by the workload, or seen in the devices' state.
#pragma once
#include <string>
#include <vector>

#include "harness/record/case_events.hpp"

namespace muster {

/// Of all launches of a case, each said once: the ranks' own warnings, then throttling, other processes on
/// the device and new memory errors with the number of ranks concerned.
std::vector<std::string> case_warnings(CaseEvents const& launches);

}  // namespace muster
