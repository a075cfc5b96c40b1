// The contract's operations as calls of NCCL.
#pragma once
#include <array>
#include <cstddef>
#include <string>

#include "kernels/collective/nccl_api.hpp"
#include "kernels/contract/collective.hpp"

namespace muster::cuda {

ncclDataType_t nccl_type(ElementType type);

/// Of the operators that every communicator has; sum in place of premul_sum, which each communicator makes
/// itself.
ncclRedOp_t nccl_operator(Reduction reduction);

/// `value` as an element of `type`, for ncclRedOpCreatePreMulSum.
std::array<std::byte, 8> nccl_scalar(ElementType type, int value);

/// Does NCCL choose among algorithms for it? It makes the others of sends and receives.
bool has_algorithms(Operation operation);

/// "all_reduce of 1024 float32"; "all_to_all_v of float32", whose counts may be gone by then.
std::string describe(CollectiveCall const& call);

/// This rank's place in a communicator.
struct NcclPlace {
  NcclApi const& api;
  ncclComm_t communicator;
  int rank, ranks;
  cudaStream_t stream;
};

/// Enqueues `call`. What the library has no function for goes by grouped sends and receives. `op` is the
/// operator of operations that reduce. Success, ncclInProgress, or the first failure; no group is left open.
ncclResult_t issue(NcclPlace const& place, CollectiveCall const& call, ncclRedOp_t op);

}  // namespace muster::cuda
