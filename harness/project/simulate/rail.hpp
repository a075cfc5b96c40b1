// One rail of a job: a NIC of every node, leaf switches, spines.
#pragma once
#include <vector>

#include "harness/project/rail_routes.hpp"
#include "harness/project/simulate/network.hpp"

namespace muster::project {

class Rail {
 public:
  /// Of a healthy node every NIC is its rail's own. `first_nic`: the first node's, which another rail has
  /// already; -1: its own.
  Rail(SimulatedJob const& job, Pairs const& pairs, int first_nic, Network& network);
  int host(int rank) const { return hosts_[static_cast<std::size_t>(rank)]; }
  int first_nic() const { return nics_.front(); }

 private:
  void add_nodes(SimulatedJob const& job, int first_nic, Network& network);
  void add_uplinks(SimulatedJob const& job, Network& network);
  std::vector<Hop> route(int from, int to) const;
  Hop uplink(int leaf, int spine, bool up) const;

  RailRoutes routes_;
  int spines_;
  std::vector<int> hosts_, nics_, uplinks_;
};

}  // namespace muster::project
