// The ranks that one rank of a training step works with.
#pragma once
#include <memory>

#include "kernels/contract/group.hpp"
#include "kernels/train_step/step_teams.hpp"

namespace muster::train {

struct StepMembers {
  StepTeams teams{};  ///< of all ranks
  /// Ranks with the same part of each layer, on all nodes: gradients are summed over them.
  std::unique_ptr<Group> data{};
  /// Ranks of this node that share each layer; null where nothing is shared.
  std::unique_ptr<Group> layer{};
};

/// By this name a device keeps a training step's communicators from one case to the next.
inline constexpr char const* kept_communicators = "NCCL of a training step";

/// By step_teams(). Called by all ranks of `all`, which must outlive the result.
StepMembers step_members(int tensor_parallel, Group& all);

}  // namespace muster::train
