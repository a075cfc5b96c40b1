// Ranks of this node without MPI: started by ourselves, meeting over sockets.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/launch/launcher.hpp"

namespace muster {

/// Starts them by `muster ranks` (see run_ranks()); reaches no other node. `note`: see Launcher::note().
std::unique_ptr<Launcher> local_launcher(std::string const& note = {});

/// For several ranks of this node alone: mpirun, where it answers and this build has a plug-in for MPI; else
/// local_launcher(), whose note says what is missing. `inner`: see MpirunSettings.
std::unique_ptr<Launcher> one_node_launcher(int cores, bool inner = false);

/// Starts `count` processes with PMI's numbers, hands SIGUSR1 on to them, and waits for all. When one ends
/// badly it says so, gives the others a moment to say what they saw, and ends them. The exit code of that
/// one; 128 and the number of the signal that ended it. Throws Error(infrastructure) when they cannot be
/// started.
int run_ranks(std::vector<std::string> const& argv, int count);

/// In what run_ranks() said.
std::optional<LostRank> lost_by_run_ranks(std::string_view log);

}  // namespace muster
