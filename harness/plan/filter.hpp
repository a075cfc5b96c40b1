// Which cases a --filter keeps.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "harness/core/plan.hpp"

namespace muster {

/// The cases whose names the ECMAScript regex is found in; with a leading '-', the others. "" keeps all.
/// Throws Error(usage) when it is no regex, or nothing is left.
std::vector<PlannedCase> filtered(std::vector<PlannedCase> cases, std::string const& filter);

/// The same of names alone: is it kept? Throws Error(usage) when it is no regex.
std::function<bool(std::string const&)> name_filter(std::string const& filter);

}  // namespace muster
