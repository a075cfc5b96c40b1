// NCCL's own estimate of an all-reduce, from its tuner (NCCL 2.30.7, src/graph/tuning.cc and search.cc:
// constants are facts of those files): how long, and by which algorithm and protocol. NVIDIA GPUs of compute
// capability 8 and 9 (Ampere, Ada, Hopper); no SHARP. A description without compute capability is of no GPU
// that NCCL runs on: its sums are hierarchical ones by the plain alpha-beta model (alpha_beta.hpp), called a
// ring.
//
// What NCCL's search gives is taken from the description: every NIC's rate snaps down to the search's list of
// speeds (200 Gb/s: 24 GB/s), a NIC is a channel, and in one node NVLink is shared out over channels. Whether
// channels between nodes are doubled at half the speed each is read in two ways (Scenario::channel_reading):
//   0: as 2.30.7's ncclTopoDupChannels does, which leaves alone channels below 25 GB/s (all that Ampere has
//      between nodes), and on Hopper those below 50 GB/s where there are more than four;
//   1: always doubled.
// Large rings do not depend on it, trees do: they are limited per channel. Reading 0 comes first because it
// is what the source says and because published trees lie nearer to it. 2 nodes x 8 A100, 2 x 200 Gb/s (nccl
// issue 837): 54 to 57 GB/s of bus bandwidth; reading 0: 48, reading 1: 83. 5 nodes x 8 H100, 4 x 400 Gb/s,
// NCCL_ALGO=Tree (nccl issue 1368): 0.79 of what NCCL_ALGO=Ring reached; undoubled channels: 0.73, doubled:
// 0.90.
#pragma once
#include <array>
#include <optional>
#include <string_view>

#include "harness/core/cluster_parts.hpp"

namespace muster::project {

/// nvls, nvls_tree: sums in NVSwitch, Hopper only; one node, several.
enum class Algorithm { ring, tree, nvls, nvls_tree };
enum class Protocol { ll, ll128, simple };
std::string_view word(Algorithm algorithm);
std::string_view word(Protocol protocol);

/// How ranks are joined, as NCCL's search finds it.
struct Topology {
  int nodes = 1, gpus = 1;       ///< gpus: of a node that take part
  double channels = 1;           ///< of the graph; twice as many run
  double channel_bandwidth = 0;  ///< B/s of one channel: between nodes, or inside the only one
  double pair_bandwidth = 0;     ///< B/s of a tree's channel inside nodes, by which trees of two count
  double nvls_inside = 0;   ///< B/s of one GPU's share of sums in NVSwitch (one channel a GPU); 0: has none
  double nvls_between = 0;  ///< B/s of one such channel between nodes
  double nic_latency = 0;   ///< s, added once (Simple: twice)
  double nic_share =
      1;            ///< of a NIC's rate that the slowest gives, which NCCL does not know: see with_slow_nic
  bool amd = true;  ///< the CPUs' vendor, else Intel
  bool nvlink = true;  ///< inside the node, else PCIe
  bool ll128 = true;
  double compute_capability = 8.0;  ///< 0: NCCL does not run on it
  double inside_bandwidth =
      0;  ///< B/s of one GPU to others of its node; matters only where NCCL does not run
};

/// The topology of `nodes` of a scenario; `gpus` of each take part (1: one rail), and so many of its NICs as
/// are theirs. Inside a node without NVLink one channel crosses the CPUs (assumed: descriptions do not say
/// how PCIe is laid out). Throws Error(usage) where ranks are none or more than the node has, where several
/// nodes have no network or one node has no links that are described, and for compute capabilities below 8
/// and from 10, of which nothing was checked.
///
/// Beyond one leaf's nodes NICs give 1 / oversubscription of their rate: as if all uplinks were busy, with
/// other jobs or with ranks placed without order. A ring that has the fabric to itself and follows its leaves
/// crosses each one's uplinks once and would lose nothing.
Topology topology_of(Scenario const& scenario, int nodes, int gpus);

struct Estimate {
  double seconds = 0;
  Algorithm algorithm = Algorithm::ring;
  Protocol protocol = Protocol::simple;
};

/// One way; absent where NCCL would not use it.
std::optional<Estimate> all_reduce_by(Topology const& topology, double bytes, Algorithm algorithm,
                                      Protocol protocol);
/// The fastest protocol of one algorithm (NCCL_ALGO=Ring, Tree); absent where NCCL would not use it.
std::optional<Estimate> all_reduce_by(Topology const& topology, double bytes, Algorithm algorithm);
/// The fastest, as NCCL chooses. One rank: 0 s.
Estimate all_reduce(Topology const& topology, double bytes);

/// The same for many sizes on one topology: what does not depend on the size is worked out once.
class Tuner {
 public:
  explicit Tuner(Topology const& topology);
  std::optional<Estimate> all_reduce_by(double bytes, Algorithm algorithm, Protocol protocol) const;
  std::optional<Estimate> all_reduce_by(double bytes, Algorithm algorithm) const;
  Estimate all_reduce(double bytes) const;

 private:
  struct Way {
    double bandwidth = 0;  ///< B/s of the sum's bytes, at its best; 0: not used
    double latency = 0;    ///< s before the first byte
  };
  using Ways = std::array<std::array<Way, 3>, 4>;  // by algorithm and protocol
  static Ways ways_of(Topology const& topology);
  double seconds(Ways const& ways, double bytes, Algorithm algorithm, Protocol protocol) const;
  void keep_fastest(Estimate& best, double bytes, Algorithm algorithm) const;
  Estimate as_it_is(Estimate chosen, double bytes) const;

  Ways ways_{};                 ///< as NCCL sees them
  std::optional<Ways> real_{};  ///< where NICs give less
  double plateau_bytes_ = 0;    ///< of a ring, from which Simple waits longer; 0: never
  bool alone_ = false;          ///< one rank
};

/// With one NIC of all that gives only `share` of its rate (0 to 1, not 0). NCCL does not know: it chooses as
/// ever, and all ranks wait for the channel that crosses that NIC, so that a whole ring takes its speed.
Topology with_slow_nic(Topology topology, double share);

}  // namespace muster::project
