// Where a node keeps what it cannot write into the run folder.
#pragma once
#include <filesystem>

#include "harness/record/journal.hpp"

namespace muster {

/// A folder of this node for that run: the same for all its processes here, in SLURM_TMPDIR, TMPDIR or /tmp.
/// Nothing is made by that.
std::filesystem::path local_folder(RunFolder const& run);

/// Makes the folder for this user alone. Throws Error(not_saved), also where somebody else has one there.
void own_folder(std::filesystem::path const& folder);

}  // namespace muster
