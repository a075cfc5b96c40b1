// What a launcher leaves in its processes' environment, and what would lead a launcher astray that one of
// them starts.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// Set by a launcher (Open MPI's mpirun, PRRTE, hydra, srun) for the process that it starts, or to reach
/// hosts that only the outer one is to reach; not what a person sets to tune MPI.
bool is_of_outer_launcher(std::string_view variable);

/// Those in this process's environment. With them an inner mpirun would refuse to run (Open MPI: "does not
/// support recursive calls"), or start ranks on the nodes of the whole job.
std::vector<std::string> outer_launcher_variables();

}  // namespace muster
