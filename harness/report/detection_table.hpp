// How many launches it takes to find a change, case by case.
#pragma once
#include <vector>

#include "harness/core/detection.hpp"
#include "harness/report/table.hpp"

namespace muster {

/// `change`: relative, what the launches are for.
Table detection_table(std::vector<CaseDetection> const& cases, double change);

}  // namespace muster
