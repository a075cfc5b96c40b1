// Ranks as processes of this machine, without MPI: what the plug-in's collectives need of a group.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "kernels/contract/group.hpp"

namespace muster::standin {

/// Forks `ranks` processes, runs `body` in each as one rank of a group, and gives what they returned, by
/// rank. What body throws comes as "threw: " and the message; a rank that dies as "died"; one that takes
/// longer than `seconds` is killed and comes as "hung". To be called before this process has used CUDA.
std::vector<std::string> run_ranks(int ranks, std::function<std::string(Group&)> const& body,
                                   int seconds = 60);

}  // namespace muster::standin
