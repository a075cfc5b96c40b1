// How fast training can read its input.
#pragma once
#include "harness/core/cluster_parts.hpp"

namespace muster::project {

/// B/s that each of `nodes` can read when all do: the smaller of what a node takes and its share of what
/// storage gives all of them. Infinite where nothing is described, and after the first epoch where the
/// scenario caches and a node's share of the data fits its memory. `pull`: standard deviations off the middle
/// (a draw; > 0 is slower).
double node_read_rate(Scenario const& scenario, int nodes, double pull = 0);
/// The same of the first epoch, which nothing caches.
double first_read_rate(Scenario const& scenario, int nodes, double pull = 0);

/// Do `nodes` hold all the data in their memories, each its share?
bool fits_in_memory(StoragePart const& storage, int nodes);

}  // namespace muster::project
