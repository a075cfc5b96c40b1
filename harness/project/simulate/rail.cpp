#include "harness/project/simulate/rail.hpp"

namespace muster::project {

Rail::Rail(SimulatedJob const& job, Pairs const& pairs, int first_nic, Network& network)
    : routes_(job), spines_(job.spines) {
  add_nodes(job, first_nic, network);
  if (routes_.leaves() > 1) add_uplinks(job, network);
  for (auto const& [from, to] : pairs) network.add_route(host(from), host(to), route(from, to));
}

// A link that all messages crossed would make one problem of all of them, and simulating far slower:
// latencies are shared out over the links instead. Two NICs have the leaf's switch between them.
void Rail::add_nodes(SimulatedJob const& job, int first_nic, Network& network) {
  double const latency = (job.nic_latency + job.switch_latency) / 2;
  for (int rank = 0; rank < job.nodes; ++rank) {
    hosts_.push_back(network.add_host());
    bool const has_one = rank == 0 && first_nic >= 0;
    double const share = rank == 0 ? job.slow_nic : 1;
    nics_.push_back(has_one ? first_nic : network.add_link(job.nic_bandwidth * share, latency));
  }
}

// Two uplinks stand for the two further switches.
void Rail::add_uplinks(SimulatedJob const& job, Network& network) {
  for (int i = 0; i < routes_.leaves() * spines_; ++i)
    uplinks_.push_back(network.add_link(job.uplink_bandwidth, job.switch_latency));
}

Hop Rail::uplink(int leaf, int spine, bool up) const {
  return {uplinks_[static_cast<std::size_t>(leaf * spines_ + spine)], up};
}

std::vector<Hop> Rail::route(int from, int to) const {
  std::vector<Hop> hops{{nics_[static_cast<std::size_t>(from)], true}};
  if (auto const spine = routes_.spine(from, to)) {
    hops.push_back(uplink(routes_.place(from).leaf, *spine, true));
    hops.push_back(uplink(routes_.place(to).leaf, *spine, false));
  }
  hops.push_back({nics_[static_cast<std::size_t>(to)], false});
  return hops;
}

}  // namespace muster::project
