// Who the ends of links are: nodes with their rails, or the ranks of a single node.
#pragma once
#include <string>
#include <vector>

#include "kernels/contract/group.hpp"

namespace muster {

struct LinkPlaces {
  std::vector<std::string> names{};  ///< of the ends, each once: host names, or "rank 3" on a single node
  std::vector<std::vector<int>> ranks{};  ///< the world's, of each end, by rail
  int rails = 1;                          ///< that every node has
  int idle = 0;                           ///< ranks that have no counterpart on some other node
  int node = 0, rail = 0;                 ///< this rank's; rail -1: it is one of the idle ones
  bool one_node = false;

  int nodes() const { return static_cast<int>(names.size()); }
};

/// All ranks call it at once and get the same, but for their own place. `host`: this node's name.
LinkPlaces link_places(Group& world, std::string const& host);

std::string short_host_name();

}  // namespace muster
