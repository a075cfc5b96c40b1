// `--detect`: from a few launches, how many it takes to find a change.
#pragma once
#include <filesystem>
#include <string>

#include "harness/core/document.hpp"
#include "harness/core/plan.hpp"
#include "harness/core/versus.hpp"

namespace muster {

/// "2%" -> 0.02. Throws Error(usage).
double change_of(std::string const& text);

/// Tells people, case by case, how many launches find such a change, and what they take.
void tell_launches(Document const& document, Plan const& plan, double change);

/// Tells the same of two sides; and how many launches of each go beyond those that there are: as many as are
/// needed, but no more than the run may have, or has time for. What these do not find is told too.
int launches_to_add(std::filesystem::path const& root, Versus const& versus);

}  // namespace muster
