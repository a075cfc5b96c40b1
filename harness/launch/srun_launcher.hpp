// Processes as steps of the Slurm job that this process runs in.
#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "harness/launch/container.hpp"
#include "harness/launch/launcher.hpp"

namespace muster {

struct SrunSettings {
  std::string mpi = "none";          ///< how MPI finds its ranks: srun --mpi; "none": ranks meet over sockets
  std::vector<std::string> nodes{};  ///< of the job, in Slurm's order
  std::filesystem::path folder{};    ///< where lists of hosts are written, if need be; shared by all nodes
  ContainerSettings container{};
  int cores = 0;       ///< of a node: more ranks than that are oversubscribed; 0: not known
  std::string note{};  ///< see Launcher::note()
};

/// Every step has all CPUs, memory and GPUs of the job on its nodes: workers choose among them, and do as
/// well where a site lets each process see one GPU alone. What Slurm ends, or kills a node, ends a world's
/// step; processes that stand alone go on without those that ended. SIGUSR1 and SIGUSR2 reach the processes;
/// SIGTERM makes srun kill them at once.
std::unique_ptr<Launcher> srun_launcher(SrunSettings const& settings);

/// Of those in `list` (what `srun --mpi=list` prints), the way to find its ranks that this MPI library
/// speaks; "none" where there is none. `library` is what MPI_Get_library_version says; "" without MPI.
std::string pmi_for(std::string_view library, std::string_view list);

/// Asks srun what it can. `wanted` is a name for srun --mpi, or "auto". Throws Error(infrastructure) where
/// there is no srun, or it has not what is wanted.
SrunSettings find_srun(std::string const& library, std::string const& wanted = "auto");

}  // namespace muster
