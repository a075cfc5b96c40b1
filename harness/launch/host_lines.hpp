// Files that tell launchers where each process goes.
#pragma once
#include <filesystem>

#include "harness/launch/launcher.hpp"

namespace muster {

/// One line a process, with the name of its node, in the order of ranks: `per_node` on each node, fewer on
/// the last if there are not so many.
std::string host_lines(Spawn const& spawn);

/// Saves them in `folder`/hosts, under a name of their own. Throws Error(not_saved).
std::filesystem::path save_host_lines(std::filesystem::path const& folder, Spawn const& spawn);

}  // namespace muster
