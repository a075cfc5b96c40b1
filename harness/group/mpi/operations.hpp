// The contract's collectives, as MPI calls.
#pragma once
#include <memory>

#include "harness/group/mpi/mpi.hpp"
#include "kernels/contract/group.hpp"

namespace muster {

/// Carries the call out in `communicator`, blocking. Throws Unsupported for counts beyond an int, DeviceError
/// when MPI fails.
void run_collective(MPI_Comm communicator, int rank, int size, CollectiveCall const& call);

/// Made ready: MPI's type, operator and counts are known.
std::unique_ptr<ReadyCall> ready_collective(MPI_Comm communicator, int rank, int size,
                                            CollectiveCall const& call);

/// As an int, which MPI's counts are. Throws Unsupported when it is larger.
int mpi_count(std::size_t count);

}  // namespace muster
