#include "kernels/train_step/step_teams.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <string>

namespace muster::train {
namespace {

int most_sharing(int tensor_parallel, std::map<int, int> const& sizes) {
  int common = 0;
  for (auto const& [node, size] : sizes) common = std::gcd(common, size);
  int sharing = std::max(1, std::min(tensor_parallel, common));
  while (common % sharing != 0) --sharing;
  return sharing;
}

std::vector<int> nodes_of(Group& group) {
  auto const texts = group.gather(std::to_string(group.node()));
  std::vector<int> nodes(static_cast<std::size_t>(group.size()));
  for (std::size_t rank = 0; rank < texts.size(); ++rank) nodes[rank] = std::stoi(texts[rank]);
  group.broadcast(std::as_writable_bytes(std::span(nodes)), 0);
  return nodes;
}

}  // namespace

std::vector<int> StepTeams::team_of(std::span<int const> teams, int rank) {
  std::vector<int> members;
  for (std::size_t other = 0; other < teams.size(); ++other) {
    if (teams[other] == teams[static_cast<std::size_t>(rank)]) members.push_back(static_cast<int>(other));
  }
  return members;
}

StepTeams step_teams(int tensor_parallel, std::span<int const> nodes) {
  std::map<int, int> sizes, seen;
  for (int const node : nodes) ++sizes[node];
  StepTeams teams{.sharing = most_sharing(tensor_parallel, sizes)};
  std::map<std::pair<int, int>, int> numbers;
  for (int const node : nodes) {
    int const place = seen[node]++;
    teams.reducers.push_back(place % teams.sharing);
    teams.sharers.push_back(
        numbers.try_emplace({node, place / teams.sharing}, static_cast<int>(numbers.size())).first->second);
  }
  return teams;
}

StepTeams step_teams(int tensor_parallel, Group& group) {
  return step_teams(tensor_parallel, nodes_of(group));
}

std::vector<std::pair<std::string, std::string>> facts_of_parts(int tensor_parallel, StepTeams const& teams) {
  if (teams.sharing >= tensor_parallel) return {};
  return {
      {"parts_run", fmt::format("{} of {} parts of each layer run, the others are left out: samples/s count "
                                "each sample whole, as if {} more ranks computed the rest meanwhile, and are "
                                "no rate of the whole model",
                                teams.sharing, tensor_parallel, tensor_parallel - teams.sharing)}};
}

}  // namespace muster::train
