#include "kernels/train_step/step_members.hpp"

#include <cstddef>

namespace muster::train {

StepMembers step_members(int tensor_parallel, Group& all) {
  auto const rank = static_cast<std::size_t>(all.rank());
  StepMembers members{.teams = step_teams(tensor_parallel, all)};
  auto const& teams = members.teams;
  members.data = all.split(teams.reducers[rank]);
  if (teams.sharing > 1) members.layer = all.split(teams.sharers[rank]);
  return members;
}

}  // namespace muster::train
