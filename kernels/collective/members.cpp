#include "kernels/collective/members.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "kernels/contract/error.hpp"
#include "kernels/contract/random.hpp"

namespace muster {

namespace {

constexpr std::uint64_t pair_stream = 0x70616972;

constexpr std::string_view kind_names[] = {"world", "node", "rail", "pair", "random"};

/// Every rank's number in the world, in the order of `group`, on every one of its ranks.
std::vector<int> world_ranks(Group& group, int own) {
  auto const texts = group.gather(std::to_string(own));
  std::vector<int> ranks(static_cast<std::size_t>(group.size()));
  for (std::size_t i = 0; i < texts.size(); ++i)
    std::from_chars(texts[i].data(), texts[i].data() + texts[i].size(), ranks[i]);
  group.broadcast(std::as_writable_bytes(std::span(ranks)), 0);
  return ranks;
}

std::string describe(MemberChoice const& choice, int number, std::vector<int> const& ranks) {
  constexpr std::size_t most_named = 16;
  auto const shown = std::span(ranks).first(std::min(ranks.size(), most_named));
  auto const rest = ranks.size() > most_named ? fmt::format(" and {} more", ranks.size() - most_named) : "";
  return fmt::format("{} {}: {} ranks ({}{})", kind_names[static_cast<std::size_t>(choice.kind)], number,
                     ranks.size(), fmt::join(shown, " "), rest);
}

}  // namespace

MemberChoice member_choice(Params const& params, std::uint64_t seed) {
  MemberChoice choice{.seed = seed};
  auto const& text = params.text("group");
  auto const found = std::ranges::find(kind_names, text);
  if (found == std::end(kind_names)) throw std::invalid_argument("'" + text + "' is no kind of group");
  choice.kind = static_cast<MemberChoice::Kind>(found - std::begin(kind_names));
  choice.nodes = static_cast<int>(params.integer("nodes"));
  return choice;
}

std::vector<int> random_pairs(int nodes, std::uint64_t seed) {
  std::vector<int> order(static_cast<std::size_t>(nodes));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t left = order.size(); left > 1; --left) {  // Fisher and Yates
    auto const word = random_word(stream_key(seed, pair_stream), left);
    std::swap(order[left - 1], order[static_cast<std::size_t>(word % left)]);
  }
  std::vector<int> groups(order.size(), -1);
  for (std::size_t i = 0; i + 1 < order.size(); i += 2) {
    groups[static_cast<std::size_t>(order[i])] = static_cast<int>(i / 2);
    groups[static_cast<std::size_t>(order[i + 1])] = static_cast<int>(i / 2);
  }
  return groups;
}

int group_of(MemberChoice const& choice, Place place, int nodes) {
  int const used = choice.nodes > 0 ? std::min(choice.nodes, nodes) : nodes;
  if (place.node >= used) return -1;
  switch (choice.kind) {
    case MemberChoice::Kind::world:
      return 0;
    case MemberChoice::Kind::node:
      return place.node;
    case MemberChoice::Kind::rail:
      return place.node_rank;
    case MemberChoice::Kind::pair:
      return place.node / 2 * 2 + 1 < used ? place.node / 2 : -1;
    case MemberChoice::Kind::random:
      return random_pairs(used, choice.seed)[static_cast<std::size_t>(place.node)];
  }
  return -1;
}

Members choose_members(MemberChoice const& choice, Group& world) {
  if (choice.nodes > world.nodes()) {
    throw Unsupported(fmt::format("nodes = {} is more than there are ({}) lower it, or start on more nodes",
                                  choice.nodes, world.nodes()));
  }
  Members members;
  int const number = group_of(choice, {world.node(), world.node_rank()}, world.nodes());
  bool const all =
      choice.kind == MemberChoice::Kind::world && (choice.nodes == 0 || choice.nodes == world.nodes());
  if (!all) members.own = world.split(number);
  members.group = all ? &world : members.own.get();
  if (members.group && members.group->size() < 2) members.group = nullptr;
  if (world.max(members.group ? 1.0 : 0.0) == 0) {
    throw Unsupported(
        fmt::format("no group '{}' has 2 ranks ({} nodes, {} ranks in all) choose another group, or "
                    "start more ranks",
                    kind_names[static_cast<std::size_t>(choice.kind)], world.nodes(), world.size()));
  }
  if (!members.group) {
    members.text = "sits this case out";
    return members;
  }
  members.ranks = world_ranks(*members.group, world.rank());
  members.text = describe(choice, number, members.ranks);
  return members;
}

}  // namespace muster
