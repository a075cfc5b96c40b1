#include "harness/project/simulate/simulate.hpp"

#include <cmath>
#include <memory>

#include "harness/project/double_tree.hpp"
#include "harness/project/rail_routes.hpp"
#include "harness/project/simulate/network.hpp"
#include "harness/project/simulate/rail.hpp"
#include "harness/project/simulate/ring.hpp"
#include "harness/project/simulate/tree.hpp"

namespace muster::project {
namespace {

std::uint64_t whole(double bytes) { return static_cast<std::uint64_t>(std::ceil(bytes)); }

std::vector<int> hosts_of(Rail const& rail, int nodes) {
  std::vector<int> hosts;
  for (int rank = 0; rank < nodes; ++rank) hosts.push_back(rail.host(rank));
  return hosts;
}

void nothing() {}

double simulate_ring(SimulatedJob const& job) {
  Network network;
  std::vector<std::unique_ptr<Ring>> rings;
  int nic = -1;
  for (int i = 0; i < job.rails; ++i) {
    Rail const rail(job, ring_pairs(job.nodes), nic, network);
    nic = rail.first_nic();
    rings.push_back(std::make_unique<Ring>(network, hosts_of(rail, job.nodes), whole(job.bytes / job.nodes),
                                           2 * (job.nodes - 1), nothing));
  }
  for (auto const& ring : rings) ring->begin();
  return network.run();
}

double simulate_trees(SimulatedJob const& job) {
  Network network;
  Rail const rail(job, tree_pairs(job.nodes), -1, network);
  auto const chunk = whole(job.bytes / 2 / job.chunks);
  auto const hosts = hosts_of(rail, job.nodes);
  Tree first(network, hosts, first_tree(job.nodes), chunk, job.chunks);
  Tree second(network, hosts, second_tree(job.nodes), chunk, job.chunks);
  first.begin();
  second.begin();
  return network.run();
}

/// GPUs of one node, which stands for all, each with its links to a switch in the middle.
std::vector<int> add_gpus(SimulatedJob const& job, Network& network) {
  std::vector<int> hosts, links;
  for (int gpu = 0; gpu < job.gpus; ++gpu) {
    hosts.push_back(network.add_host());
    links.push_back(network.add_link(job.inside_bandwidth, 0));
  }
  for (auto const& [from, to] : ring_pairs(job.gpus)) {
    auto const link = [&](int gpu) { return links[static_cast<std::size_t>(gpu)]; };
    network.add_route(hosts[static_cast<std::size_t>(from)], hosts[static_cast<std::size_t>(to)],
                      {{link(from), true}, {link(to), false}});
  }
  return hosts;
}

double simulate_hierarchical(SimulatedJob const& job) {
  Network network;
  Rail const rail(job, ring_pairs(job.nodes), -1, network);
  auto const gpus = add_gpus(job, network);
  double const part = job.bytes / job.gpus;
  Ring gather(network, gpus, whole(part), job.gpus - 1, nothing);
  Ring sum(network, hosts_of(rail, job.nodes), whole(part / job.nodes), 2 * (job.nodes - 1),
           [&] { gather.begin(); });
  Ring scatter(network, gpus, whole(part), job.gpus - 1, [&] { sum.begin(); });
  scatter.begin();
  return network.run();
}

double simulate_reads(SimulatedJob const& job) {
  Network network;
  int const server = network.add_host(), out = network.add_link(job.storage_bandwidth, 0);
  for (int node = 0; node < job.nodes; ++node) {
    int const host = network.add_host(), in = network.add_link(job.nic_bandwidth, 0);
    network.add_route(server, host, {{out, true}, {in, false}});
    network.send(server, host, whole(job.bytes), nothing);
  }
  return network.run();
}

}  // namespace

double simulate(SimulatedJob const& job) {
  switch (job.shape) {
    case Shape::ring:
      return simulate_ring(job);
    case Shape::double_tree:
      return simulate_trees(job);
    case Shape::hierarchical:
      return simulate_hierarchical(job);
    case Shape::reads:
      break;
  }
  return simulate_reads(job);
}

}  // namespace muster::project
