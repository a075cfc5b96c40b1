#include "kernels/collective/link_places.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <sstream>

namespace muster {

namespace {

/// Rank 0's text on every rank.
std::string shared(Group& world, std::string text) {
  std::uint64_t size = text.size();
  world.broadcast(std::as_writable_bytes(std::span(&size, 1)), 0);
  text.resize(static_cast<std::size_t>(size));
  world.broadcast(std::as_writable_bytes(std::span(text)), 0);
  return text;
}

/// Each rank's line, in the order of the ranks.
std::istringstream lines_of_all(Group& world, std::string const& own) {
  std::string all;
  for (auto const& line : world.gather(own)) all += line + "\n";
  return std::istringstream(shared(world, std::move(all)));
}

/// Several nodes of one name (network namespaces of one machine, say) are told apart by their numbers.
void make_unique(std::vector<std::string>& names) {
  auto const given = names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (std::ranges::count(given, given[i]) > 1) names[i] = fmt::format("{}#{}", given[i], i);
  }
}

LinkPlaces places_on_one_node(Group const& world) {
  LinkPlaces places{.node = world.rank(), .one_node = true};
  for (int rank = 0; rank < world.size(); ++rank) {
    places.names.push_back(fmt::format("rank {}", rank));
    places.ranks.push_back({rank});
  }
  return places;
}

}  // namespace

LinkPlaces link_places(Group& world, std::string const& host) {
  if (world.nodes() < 2) return places_on_one_node(world);
  LinkPlaces places{.node = world.node(), .rail = world.node_rank()};
  places.names.resize(static_cast<std::size_t>(world.nodes()));
  places.ranks.resize(static_cast<std::size_t>(world.nodes()));
  auto lines = lines_of_all(world, fmt::format("{} {}", world.node(), host.empty() ? "node" : host));
  std::size_t node = 0;
  std::string name;
  for (int rank = 0; lines >> node >> name; ++rank) {
    places.ranks.at(node).push_back(rank);
    places.names[node] = name;
  }
  make_unique(places.names);
  auto const fewest = std::ranges::min_element(places.ranks, {}, &std::vector<int>::size)->size();
  places.rails = static_cast<int>(fewest);
  for (auto& ranks : places.ranks) {
    places.idle += static_cast<int>(ranks.size() - fewest);
    ranks.resize(fewest);
  }
  if (places.rail >= places.rails) places.rail = -1;
  return places;
}

std::string short_host_name() {
  char host[256] = "";
  (void)gethostname(host, sizeof host - 1);  // a node without a name is told apart by its number
  std::string const name = host;
  return name.substr(0, name.find('.'));
}

}  // namespace muster
