// MPI's error codes as exceptions.
#pragma once
#include "harness/group/mpi/mpi.hpp"

namespace muster {

/// Throws DeviceError("CALL failed (what MPI says)").
[[noreturn]] void throw_mpi(int code, char const* call);

/// Throws unless the code is MPI_SUCCESS. In the timed path of collectives.
inline void check_mpi(int code, char const* call) {
  if (code != MPI_SUCCESS) [[unlikely]]
    throw_mpi(code, call);
}

}  // namespace muster
