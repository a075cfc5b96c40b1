#include "kernels/collective/nccl_team.hpp"

#include <fmt/format.h>

#include "kernels/collective/collective_instance.hpp"
#include "kernels/collective/shared_gpus.hpp"

namespace muster::cuda {
namespace {

std::string key_of(MemberChoice const& choice) {
  return fmt::format("group {}, nodes {}, seed {}", static_cast<int>(choice.kind), choice.nodes,
                     choice.kind == MemberChoice::Kind::random ? choice.seed : 0);
}

/// Two are kept, that of all ranks and one of a part of them: each has hundreds of MiB on every GPU.
std::string place_of(MemberChoice const& choice) {
  bool const all = choice.kind == MemberChoice::Kind::world && choice.nodes == 0;
  return all ? "NCCL among all ranks" : "NCCL among a part of the ranks";
}

bool usable(std::shared_ptr<NcclTeam> const& team, std::string const& key) {
  if (!team || team->key != key) return false;
  return !team->communicator || team->communicator->healthy();
}

std::shared_ptr<NcclTeam> join(MemberChoice const& choice, Context& context) {
  auto team = std::make_shared<NcclTeam>();
  team->key = key_of(choice);
  team->shares_gpus = prepare_shared_gpus(context);
  on_all_ranks(context.group, [] { (void)nccl(); });
  team->members = choose_members(choice, context.group);
  on_all_ranks(context.group, [&] {
    if (!team->members.group) return;
    Group& group = *team->members.group;
    team->communicator = std::make_unique<NcclCommunicator>(group, team_settings(group.size()));
  });
  return team;
}

}  // namespace

NcclSettings team_settings(int ranks) {
  using namespace std::chrono_literals;
  NcclSettings settings;
  settings.joining += ranks * 30ms;  // 2.5 min are reported at thousands of GPUs (nccl#1156)
  settings.note = [](std::string const& text) { fmt::print(stderr, "NCCL: {}\n", text); };
  return settings;
}

std::shared_ptr<NcclTeam> nccl_team(MemberChoice const& choice, Context& context) {
  auto& kept = context.device.kept(place_of(choice));
  auto team = std::static_pointer_cast<NcclTeam>(kept);
  bool const again = context.group.max(usable(team, key_of(choice)) ? 0.0 : 1.0) > 0;
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
