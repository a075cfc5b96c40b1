// Groups of ranks: solo, or joined through a plug-in (libmuster_mpi.so), so that the program itself links no
// MPI.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "kernels/contract/backend.hpp"
#include "kernels/contract/group.hpp"

namespace muster {

/// One rank of one; every operation is the identity.
std::unique_ptr<Group> solo_group();

/// The MPI world that this process was started in. Stays loaded until the process ends.
struct MpiWorld {
  std::unique_ptr<Group> group;
  std::string library;
  void (*abort)(int exit_code);
};
/// Throws Error(infrastructure) when the plug-in or the MPI library it needs is missing, saying which and the
/// remedy.
MpiWorld join_mpi();

/// The MPI library's own name and version, without joining; "" without a plug-in. Throws as join_mpi() does.
std::string mpi_library();

}  // namespace muster
