// A case's group of ranks with its communicator, kept from one case to the next: at thousands of ranks
// joining takes minutes.
#pragma once
#include <memory>

#include "kernels/collective/members.hpp"
#include "kernels/collective/nccl_communicator.hpp"
#include "kernels/contract/workload.hpp"

namespace muster::cuda {

/// Of a team of so many ranks that outlives the case it was made for: what goes wrong at its end goes to
/// standard error.
NcclSettings team_settings(int ranks);

struct NcclTeam {
  std::string key;  ///< of the choice that it was made for
  Members members;
  std::unique_ptr<NcclCommunicator> communicator;  ///< null: this rank sits the case out
  bool shares_gpus = false;
};

/// The team of a choice on this device; joins when it is asked for first, or when the one that was kept is no
/// longer healthy. All ranks of the world call it at once, and throw on all of them when any fails.
std::shared_ptr<NcclTeam> nccl_team(MemberChoice const& choice, Context& context);

}  // namespace muster::cuda
