// A cluster's settings for jobs, configs/slurm/*.toml. The format is described in configs/README.md.
#pragma once
#include <filesystem>
#include <string>

#include "harness/core/site.hpp"
#include "harness/plan/faults.hpp"

namespace muster {

/// A site by name, or a path to a TOML file. Throws Error(usage) naming the sites there are.
std::filesystem::path find_site(std::string const& name_or_path, std::filesystem::path const& sites_folder);

/// Adds what is wrong to `faults`; what has no fault there is safe in a batch script (see
/// core/job_values.hpp). Throws Error(usage) when the file cannot be read at all.
Site read_site(std::filesystem::path const& file, Faults& faults);

}  // namespace muster
