// In what two plans differ.
#pragma once
#include <string>
#include <vector>

#include "harness/core/plan.hpp"

namespace muster {

/// The first few differences, for people: "launches: 3 there, 5 here". Empty where there is none.
std::vector<std::string> plan_differences(Plan const& there, Plan const& here);

}  // namespace muster
