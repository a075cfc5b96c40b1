// Published figures, configs/validation/*.toml. The format is described in configs/README.md.
#pragma once
#include <filesystem>
#include <vector>

#include "harness/core/published.hpp"
#include "harness/plan/faults.hpp"

namespace muster {

/// Adds what is wrong to `faults`, and the file's series to `data`. Throws Error(usage) when the file cannot
/// be read at all. Descriptions that its systems name in `like` are looked for in `clusters_folder`.
void read_validation(std::filesystem::path const& file, std::filesystem::path const& clusters_folder,
                     Faults& faults, ValidationData& data);

/// All of `files`, one after the other. Throws Error(usage) with every fault of every file.
ValidationData read_validations(std::vector<std::filesystem::path> const& files,
                                std::filesystem::path const& clusters_folder);

/// The files that come along, in alphabetical order.
std::vector<std::filesystem::path> validation_files(std::filesystem::path const& folder);

}  // namespace muster
