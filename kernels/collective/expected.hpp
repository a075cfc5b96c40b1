// What bus bandwidth a collective should reach at sizes that bandwidth limits, from the links it runs over.
#pragma once
#include <optional>

#include "kernels/contract/collective.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

/// Of the ranks that work together.
struct Topology {
  int ranks = 1, nodes = 1;
  int ranks_per_node = 1;       ///< on the fullest node
  std::optional<Bound> link{};  ///< from each rank to its peers on the node, per direction; absent: unknown
  Network network{};            ///< of one node
};

/// The smaller of what the links within nodes and those between them allow, in B/s of bus bandwidth, named
/// after the one that limits: "expected_nvlink", "expected_pcie", "expected_network"; absent where a rate
/// that matters is unknown. The shares of the links' rates are those that others have published for healthy
/// machines:
///   NVLink   235 of 300 GB/s, all-reduce of 8 GiB on 8 A100 (SuperBench, ml-engineering)
///   PCIe     24 of 31.5 GB/s, generation 4 (NVIDIA, GTC 2024, S62129)
///   RDMA     24 of 25 GB/s, 200 Gb/s; others: TCP, 10 of 12.5 GB/s, 100 Gb/s (both S62129)
/// Rings are assumed. Trees between two nodes and reductions inside switches may pass it.
std::optional<Bound> expected_bus_bandwidth(Operation operation, Topology const& topology);

/// The same at the host: within a node, `copy` (what copying the case's own buffers reaches); between nodes
/// as above.
std::optional<Bound> expected_host_bandwidth(Operation operation, Topology const& topology,
                                             Bound const& copy);

/// Bytes that the busiest link carries per direction when NCCL takes `algorithm` ("RING", "TREE", "NVLS",
/// "COLLNET_DIRECT", ...) for an operation whose algorithm bandwidth counts `size` bytes: rings carry what
/// bus bandwidth counts; a tree's busiest node sends size once between two nodes and twice between more (half
/// of it up and half down each of two children, in each of two trees); switches that reduce get and give it
/// once. Absent for what is not known.
std::optional<double> wire_bytes(Operation operation, std::string_view algorithm, double size, int ranks,
                                 int nodes);

}  // namespace muster
