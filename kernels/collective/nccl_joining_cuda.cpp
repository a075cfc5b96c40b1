#include "kernels/collective/nccl_joining.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "kernels/contract/error.hpp"
#include "kernels/cuda/versions.hpp"

namespace muster::cuda {
namespace {

/// What one rank sends to all: its id, or that there is none, so that nobody waits for it.
struct Invitation {
  ncclUniqueId id;
  ncclResult_t result;
};

std::string text(double version) { return version_text(static_cast<std::size_t>(version)); }

}  // namespace

void require_same_version(Group& group) {
  auto const own = static_cast<double>(nccl().version());
  std::array extremes{own, -own};
  group.max(extremes);
  if (extremes[0] == -extremes[1]) return;
  throw DeviceError(
      fmt::format("ranks have different versions of NCCL ({} to {}; rank {} has {}) let all nodes load "
                  "the same libnccl.so.2",
                  text(-extremes[1]), text(extremes[0]), group.rank(), text(own)));
}

std::vector<ncclUniqueId> invitations(NcclApi const& api, Group& group, int ranks_per_id) {
  int const step = api.init_scalable ? std::max(1, ranks_per_id) : group.size();
  std::vector<ncclUniqueId> ids;
  for (int inviter = 0; inviter < group.size(); inviter += step) {
    Invitation invitation{};
    if (group.rank() == inviter) invitation.result = api.get_unique_id(&invitation.id);
    group.broadcast(std::as_writable_bytes(std::span(&invitation, 1)), inviter);
    api.check(invitation.result, fmt::format("ncclGetUniqueId on rank {}", inviter));
    ids.push_back(invitation.id);
  }
  return ids;
}

ncclResult_t begin_to_join(NcclApi const& api, ncclComm_t* communicator, int rank, int ranks,
                           std::vector<ncclUniqueId> ids, ncclConfig_t config) {
  if (ids.size() == 1) return api.init_rank(communicator, ranks, ids.front(), rank, &config);
  return api.init_scalable(communicator, ranks, rank, static_cast<int>(ids.size()), ids.data(), &config);
}

}  // namespace muster::cuda
