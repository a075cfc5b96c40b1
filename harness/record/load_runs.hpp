// Several runs that are one side of a comparison.
#pragma once
#include <string>
#include <vector>

#include "harness/record/load.hpp"

namespace muster {

/// As load_result(); a folder of run folders gives all of them, by name, under one label. Throws
/// Error(usage) also for a run twice, a case twice in one document, and the folder of a run of two sides.
std::vector<LoadedResult> load_runs(std::string const& argument);

}  // namespace muster
