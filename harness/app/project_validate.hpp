// `muster project --validate`: how far the model is off on published figures.
#pragma once
#include <string>
#include <vector>

#include "harness/core/status.hpp"
#include "harness/project/validation.hpp"

namespace muster {

/// Predicts the larger published figures of `files` (none: all that come along) and prints them in `format`
/// ("table", "csv", "md"; people's summary goes to standard error for the last two). ok where the bar is met,
/// gate_failed where not, inconclusive where there is nothing to judge. Throws Error(usage) naming every
/// fault of the files.
ExitCode run_validation(std::vector<std::string> const& files, project::ValidateOptions const& options,
                        std::string const& format);

}  // namespace muster
