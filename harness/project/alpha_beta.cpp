#include "harness/project/alpha_beta.hpp"

#include <cmath>

namespace muster::project {

Link slowed(Link link, double share) { return {link.latency, link.bandwidth * share}; }

double ring_all_reduce_time(Link link, double bytes, int ranks) {
  return 2 * reduce_scatter_time(link, bytes, ranks);
}

double double_tree_all_reduce_time(Link link, double bytes, int ranks) {
  if (ranks < 2) return 0;
  return 2 * (std::log2(ranks) * link.latency + bytes / link.bandwidth);
}

double chunked_double_tree_all_reduce_time(Link link, double bytes, int ranks, int chunks, double steps) {
  if (ranks < 2) return 0;
  return double_tree_all_reduce_time(link, bytes, ranks) + 2 * steps * bytes / chunks / link.bandwidth;
}

double reduce_scatter_time(Link link, double bytes, int ranks) {
  if (ranks < 2) return 0;
  return (ranks - 1) * (link.latency + bytes / ranks / link.bandwidth);
}

double hierarchical_all_reduce_time(Link inside, Link rail, double bytes, int nodes, int gpus) {
  return 2 * reduce_scatter_time(inside, bytes, gpus) + ring_all_reduce_time(rail, bytes / gpus, nodes);
}

}  // namespace muster::project
