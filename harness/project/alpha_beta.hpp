// Sums' times where only a latency and a bandwidth are known: the plain alpha-beta model. Independent of
// NCCL's constants, and beside its estimate: simulations and sanity checks are held against these.
#pragma once

namespace muster::project {

/// What joins two ranks, in one direction.
struct Link {
  double latency = 0;    ///< s of one message
  double bandwidth = 0;  ///< B/s
};

/// A link that gives only `share` of its rate, 0 to 1, not 0. A ring with one such link takes its speed as a
/// whole: every byte crosses every link.
Link slowed(Link link, double share);

/// s; 2 (p - 1) messages of 1 / p of the bytes. One rank: 0 s, here and below.
double ring_all_reduce_time(Link link, double bytes, int ranks);

/// s; two binary trees of complementary leaves (Sanders, Speck, Traeff 2009), pipelined, upwards and
/// downwards one after the other.
double double_tree_all_reduce_time(Link link, double bytes, int ranks);

/// The same in `chunks` of either tree's half. A chunk goes up and down again; at each step both chunks of
/// the ranks below enter a rank's link, or leave it: bytes / chunks. `steps`: one way, those that come on top
/// of what bandwidth counts already (climb_of() - 0.5, half of the first step of all).
double chunked_double_tree_all_reduce_time(Link link, double bytes, int ranks, int chunks, double steps);

/// s of a reduce-scatter, or of an all-gather of what comes to `bytes`; around a ring.
double reduce_scatter_time(Link link, double bytes, int ranks);

/// s; reduce-scatter inside each node, a ring over nodes on every GPU's rail, all-gather inside, nothing at
/// the same time as anything else.
///
/// Where bytes decide, 8 GPUs on NVLink 3 and HDR rails take 1.4 to 1.75 of what NCCL estimates for its ring,
/// whose channels work inside and between nodes at the same time. NCCL's ring itself is ring_all_reduce_time
/// of all its channels together within 1 %, its tree double_tree_all_reduce_time of what its channels may
/// carry.
double hierarchical_all_reduce_time(Link inside, Link rail, double bytes, int nodes, int gpus);

}  // namespace muster::project
