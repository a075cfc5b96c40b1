// Groups of ranks: solo, joined through a plug-in (libmuster_mpi.so), so that the program itself links no
// MPI, or over TCP sockets of our own, for clusters that have none.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "kernels/contract/backend.hpp"
#include "kernels/contract/group.hpp"

namespace muster {

/// One rank of one; every operation is the identity.
std::unique_ptr<Group> solo_group();

/// All ranks of one start.
struct World {
  std::unique_ptr<Group> group;
  std::string library;                       ///< MPI's name and version; "" over sockets
  std::function<void(int exit_code)> abort;  ///< ends every rank; does not return
};

/// The MPI world that this process was started in. Stays loaded until the process ends. Throws
/// Error(infrastructure) when the plug-in or the MPI library it needs is missing, saying which and the
/// remedy.
World join_mpi();

struct SocketSettings {
  /// Where rank 0 leaves word for the others: a file of this start alone, in a folder that all nodes see.
  /// Gone again when all have come.
  std::filesystem::path invitation;
  std::string node;          ///< this node's name
  int ranks = 0;             ///< that the plan wants of the world; 0: whatever there is
  std::string interfaces{};  ///< to meet on, as in NCCL_SOCKET_IFNAME; "": any
  double seconds = 120;      ///< in which all ranks have to come
  int fan = 16;              ///< ranks that one talks to on its node, and as many again on others
  std::function<char const*(char const*)> variables = [](char const* name) { return std::getenv(name); };
};
/// The ranks that a launcher numbers in the environment (Slurm, PMI, Open MPI), over TCP connections among
/// themselves. Has no collectives for the host. A rank that ends without leaving ends all calls of the
/// others with Error(infrastructure), which names it; so does everything else that goes wrong.
World join_sockets(SocketSettings const& settings);

/// The MPI library's own name and version, without joining; "" without a plug-in. Throws as join_mpi() does.
std::string mpi_library();

}  // namespace muster
