#include "kernels/collective/expected.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/collective/collective_problem.hpp"

namespace muster {

namespace {

constexpr double nvlink_share = 235.0 / 300, pcie_share = 24.0 / 31.5;
constexpr double rdma_share = 24.0 / 25, tcp_share = 10.0 / 12.5;

/// Bus bandwidth per byte and second of a node's way out: how much of what bus bandwidth counts for a rank
/// has to leave its node, of all the ranks that share the ports.
double bus_per_network_byte(Operation operation, Topology const& topology) {
  double const n = topology.ranks, local = topology.ranks_per_node;
  // A GPU has its own ports, ports / GPUs rounded up (NCCL: ncclTopoGetLocalNet), and the root uses no
  // others.
  double const ports = std::max(topology.network.ports, 1),
               one_rank = std::min(std::ceil(ports / local) / ports, 1.0);
  switch (operation) {
    case Operation::all_to_all:
    case Operation::all_to_all_v:
      return (n - 1) /
             (local * (n - local));  // each of `local` ranks sends (n - local) / n of its buffer out
    case Operation::pairwise:
      return 1 / local;  // every rank's partner is on another node
    case Operation::send_recv:
      return one_rank;  // one rank of the node has its neighbour elsewhere
    case Operation::gather:
    case Operation::scatter:
      return one_rank * (n - 1) /
             (n - local);  // all goes through the root's own ports; its node does not cross them
    default:
      return 1;  // a ring enters and leaves each node once, split over all ports
  }
}

std::optional<Bound> within_node(Topology const& topology) {
  if (!topology.link) return std::nullopt;
  bool const nvlink = topology.link->name.starts_with("nvlink");
  return Bound{nvlink ? "expected_nvlink" : "expected_pcie",
               topology.link->value * (nvlink ? nvlink_share : pcie_share), "B/s"};
}

std::optional<Bound> between_nodes(Operation operation, Topology const& topology) {
  if (topology.network.bytes_per_second <= 0) return std::nullopt;
  double const share = topology.network.rdma ? rdma_share : tcp_share;
  return Bound{"expected_network",
               topology.network.bytes_per_second * share * bus_per_network_byte(operation, topology), "B/s"};
}

std::optional<Bound> smaller(std::optional<Bound> const& a, std::optional<Bound> const& b) {
  if (!a || !b) return std::nullopt;
  return a->value <= b->value ? a : b;
}

}  // namespace

std::optional<Bound> expected_bus_bandwidth(Operation operation, Topology const& topology) {
  auto const between = topology.nodes > 1 ? between_nodes(operation, topology) : std::nullopt;
  if (topology.nodes > 1 && topology.ranks_per_node == 1) return between;
  auto const within = within_node(topology);
  return topology.nodes > 1 ? smaller(within, between) : within;
}

std::optional<Bound> expected_host_bandwidth(Operation operation, Topology const& topology,
                                             Bound const& copy) {
  if (topology.nodes <= 1) return copy;
  auto const between = between_nodes(operation, topology);
  return topology.ranks_per_node == 1 ? between : smaller(copy, between);
}

std::optional<double> wire_bytes(Operation operation, std::string_view algorithm, double size, int ranks,
                                 int nodes) {
  if (algorithm == "RING") return size * bus_factor(operation, ranks);
  bool const all = operation == Operation::all_reduce;
  if (algorithm == "TREE" && all) return nodes <= 2 ? size : 2 * size;
  bool const in_switch = algorithm.starts_with("NVLS") || algorithm.starts_with("COLLNET");
  if (in_switch && all) return size;
  return std::nullopt;
}

}  // namespace muster
