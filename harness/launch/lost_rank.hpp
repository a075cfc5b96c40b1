// Which rank ended first, in the launcher's own words.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace muster {

struct LostRank {
  int rank = -1;          ///< -1: the launcher names its process only
  long process = -1;      ///< its process id; -1: not named
  int exit_code = -1;     ///< that it ended with, where that is what the launcher says
  int gave_up = -1;       ///< the code for which it ended all ranks (MPI_Abort)
  std::string node{};     ///< as the launcher writes it; "": not named
  std::string message{};  ///< "rank 1 on node3: signal 9 (Killed)"
};

/// In what Open MPI's mpirun printed; absent where it names nobody.
std::optional<LostRank> lost_by_open_mpi(std::string_view log);
/// In what MPICH's mpirun (hydra) printed.
std::optional<LostRank> lost_by_mpich(std::string_view log);

/// In what srun and the node daemons printed. Where all ranks of a node ended at once, or the node itself
/// did, it names the node only.
std::optional<LostRank> lost_by_srun(std::string_view log);

}  // namespace muster
