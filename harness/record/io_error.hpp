// Results that cannot be written: what to tell the user.
#pragma once
#include <filesystem>

#include "harness/core/error.hpp"

namespace muster {

/// "cannot save FILE (no space left on device) free some space, then: muster collect DIR". `reason` is an
/// errno; DIR is the run folder that the file lies in, and the second half is left out where it lies in none.
Error not_saved(std::filesystem::path const& file, int reason);

}  // namespace muster
