#include "kernels/collective/nccl_team.hpp"

#include <fmt/format.h>

#include "kernels/collective/collective_instance.hpp"
#include "kernels/collective/shared_gpus.hpp"

namespace muster::cuda {
namespace {

std::string key_of(MemberChoice const& choice) {
  return fmt::format("nccl, group {}, nodes {}, seed {}", static_cast<int>(choice.kind), choice.nodes,
                     choice.kind == MemberChoice::Kind::random ? choice.seed : 0);
}

bool usable(std::shared_ptr<NcclTeam> const& team) {
  if (!team) return false;
  return !team->communicator || team->communicator->healthy();
}

std::shared_ptr<NcclTeam> join(MemberChoice const& choice, Context& context) {
  auto team = std::make_shared<NcclTeam>();
  team->shares_gpus = prepare_shared_gpus(context);
  on_all_ranks(context.group, [] { (void)nccl(); });
  team->members = choose_members(choice, context.group);
  on_all_ranks(context.group, [&] {
    if (team->members.group) team->communicator = std::make_unique<NcclCommunicator>(*team->members.group);
  });
  return team;
}

}  // namespace

std::shared_ptr<NcclTeam> nccl_team(MemberChoice const& choice, Context& context) {
  auto& kept = context.device.kept(key_of(choice));
  auto team = std::static_pointer_cast<NcclTeam>(kept);
  bool const again = context.group.max(usable(team) ? 0.0 : 1.0) > 0;
  if (again) {
    team.reset();
    kept.reset();  // the old one ends on all ranks before the new one begins
    team = join(choice, context);
    kept = team;
  }
  if (team->communicator) {
    auto const limit = std::chrono::duration<double>(context.operation_seconds);
    team->communicator->allow(std::chrono::duration_cast<std::chrono::milliseconds>(limit));
  }
  if (team->shares_gpus)
    context.note("oversubscribed: several ranks share a GPU, so this is no performance result");
  return team;
}

}  // namespace muster::cuda
