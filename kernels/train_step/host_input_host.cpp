#include "kernels/train_step/host_input_host.hpp"

#include "kernels/train_step/fixed_batch_host.hpp"
#include "kernels/train_step/picture_input_host.hpp"
#include "kernels/train_step/step_teams.hpp"
#include "kernels/train_step/token_input_host.hpp"

namespace muster::train {

std::unique_ptr<StepInput> host_input(StepPlan const& plan, Params const& given, Context& context) {
  return input_for<FixedInput, TokenInput, PictureInput>(plan, given, context);
}

HostRoom host_room(StepPlan const& plan, Params const& given, Group& group) {
  HostRoom room{.node_ranks = group.node_size(), .prefetch = given.integer("prefetch")};
  if (plan.options.checkpoint > 0)
    room.writers = group.size() / step_teams(plan.tensor_parallel, group).sharing;
  return room;
}

}  // namespace muster::train
