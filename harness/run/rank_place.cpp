#include "harness/run/rank_place.hpp"

#include <cstddef>
#include <span>
#include <sstream>
#include <string>

#include "harness/core/error.hpp"

namespace muster {
namespace {

/// The text of every rank of this node, in node-rank order, on each of them.
std::vector<std::string> texts_of_node(Group& group, std::string const& text) {
  auto const node = group.split(group.node());
  std::string joined;
  for (auto const& part : node->gather(text)) joined += part + '\n';
  joined.resize(static_cast<std::size_t>(node->max(static_cast<double>(joined.size()))));
  node->broadcast(std::as_writable_bytes(std::span(joined)), 0);
  std::vector<std::string> texts;
  std::istringstream lines(joined);
  for (std::string line; std::getline(lines, line);) texts.push_back(line);
  return texts;
}

std::string unless_empty(std::string const& list) { return list.empty() ? "-" : list; }

std::string to_text(Placement const& place) {
  std::ostringstream text;
  text << place.rank << ' ' << place.backend << ' ' << place.device << ' ' << place.threads << ' '
       << place.device_node << ' ' << place.distance << ' ' << unless_empty(place.cpus) << ' '
       << unless_empty(place.numa_nodes);
  return text.str();
}

Placement placement_from(std::string const& text) {
  Placement place;
  std::istringstream words(text);
  words >> place.rank >> place.backend >> place.device >> place.threads >> place.device_node >>
      place.distance >> place.cpus >> place.numa_nodes;
  if (!words) throw Error(ExitCode::infrastructure, "a rank's place did not arrive whole");
  if (place.numa_nodes == "-") place.numa_nodes.clear();
  if (place.cpus == "-") place.cpus.clear();
  return place;
}

}  // namespace

std::vector<int> agreed_cpus(Group& group, RankNeeds const& mine) {
  std::vector<RankNeeds> ranks;
  for (auto const& text : texts_of_node(group, to_text(mine))) ranks.push_back(needs_from(text));
  return deal_cpus(ranks).at(static_cast<std::size_t>(group.node_rank()));
}

std::vector<Placement> placements_of_node(Group& group, Placement const& mine) {
  std::vector<Placement> places;
  for (auto const& text : group.gather_node(to_text(mine))) places.push_back(placement_from(text));
  return places;
}

}  // namespace muster
