// NCCL's own estimate of an all-reduce, from its tuner (NCCL 2.30.7, src/graph/tuning.cc: constants are facts
// of that file): how long, and by which algorithm and protocol.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "harness/core/cluster_parts.hpp"

namespace muster::project {

enum class Algorithm { ring, tree };
enum class Protocol { ll, ll128, simple };
std::string_view word(Algorithm algorithm);
std::string_view word(Protocol protocol);

/// How ranks are joined, as NCCL's search finds it.
struct Topology {
  int nodes = 1, gpus = 1;       ///< gpus: of a node that take part
  double channels = 1;           ///< of the graph
  double channel_bandwidth = 0;  ///< B/s of one channel
  double nic_latency = 0;        ///< s, added once (Simple: twice)
  bool amd = true;               ///< the CPUs' vendor, else Intel
  bool nvlink = true;            ///< inside the node, else PCIe
  bool ll128 = true;
  double compute_capability = 8.0;
};

/// The topology of `nodes` of a scenario; `gpus` of each take part (1: one rail).
Topology topology_of(Scenario const& scenario, int nodes, int gpus);

struct Estimate {
  double seconds = 0;
  Algorithm algorithm = Algorithm::ring;
  Protocol protocol = Protocol::simple;
};

/// One way; absent where NCCL would not use it.
std::optional<Estimate> all_reduce_by(Topology const& topology, double bytes, Algorithm algorithm,
                                      Protocol protocol);
/// The fastest, as NCCL chooses. One rank: 0 s.
Estimate all_reduce(Topology const& topology, double bytes);

}  // namespace muster::project
