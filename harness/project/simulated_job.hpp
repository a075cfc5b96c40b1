// What is simulated as a cross-check of the analytic core, and how it is handed to the program that does it
// (muster-simulate, built where SimGrid is). One rail: all rails are alike, unless a fault makes two of them
// share a NIC.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace muster::project {

enum class Shape { ring, double_tree, hierarchical, reads };
std::string_view word(Shape shape);

/// Base units throughout. Leaf switches have `spines` links upwards, one to each spine.
struct SimulatedJob {
  std::string name{}, note{};
  Shape shape = Shape::ring;
  int nodes = 2;
  double bytes =
      0;  ///< all-reduces: each node's sum on one rail (hierarchical: of all its GPUs); reads: of a node
  int chunks = 1;  ///< of each half of a sum by two trees
  int leaf_nodes = 20, spines = 20;
  double nic_bandwidth = 0, uplink_bandwidth = 0;  ///< B/s in one direction
  double nic_latency = 0, switch_latency = 0;      ///< s
  int gpus = 1;                                    ///< hierarchical: of a node
  double inside_bandwidth = 0;                     ///< B/s of one GPU to others of its node
  double storage_bandwidth = 0;                    ///< reads: of all nodes together
  double slow_nic = 1;                             ///< what the first node's NIC gives of its rate
  int rails = 1;           ///< 2: two rails, both of which cross the first node's only living NIC
  int dead_uplinks = 0;    ///< 1: the first leaf's link to the first spine
  bool scattered = false;  ///< ranks go round the leaves instead of filling one after the other
};

/// As arguments of a program: "ring", "nodes=720", ...; without name and note.
std::vector<std::string> to_arguments(SimulatedJob const& job);
/// Throws Error(usage) for what is no job.
SimulatedJob job_of(std::vector<std::string> const& arguments);

}  // namespace muster::project
