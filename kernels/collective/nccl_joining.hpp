// How a group's ranks become a communicator: what they must agree on, and the ids they come with.
#pragma once
#include <vector>

#include "kernels/collective/nccl_api.hpp"
#include "kernels/contract/group.hpp"

namespace muster::cuda {

/// Called by all ranks. Throws DeviceError on all of them when they have loaded different versions of NCCL,
/// which would hang, or corrupt, somewhere later.
void require_same_version(Group& group);

/// One id for every `ranks_per_id` ranks, made by the first of them, so that the work of bringing the ranks
/// together is spread over nodes; a single one where NCCL takes no more (before 2.23). Called by all ranks;
/// throws DeviceError on all of them when one could not make its id.
std::vector<ncclUniqueId> invitations(NcclApi const& api, Group& group, int ranks_per_id);

/// Begins to join as `rank` of `ranks`; success and ncclInProgress are both well.
ncclResult_t begin_to_join(NcclApi const& api, ncclComm_t* communicator, int rank, int ranks,
                           std::vector<ncclUniqueId> ids, ncclConfig_t config);

inline constexpr int usual_ranks_per_id = 128;  ///< NCCL's documents: one for 64 to 256 ranks

}  // namespace muster::cuda
