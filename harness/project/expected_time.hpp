// What the analytic core says of a job that is simulated, and how far the simulation may be off.
#pragma once
#include "harness/project/simulated_job.hpp"

namespace muster::project {

struct Expected {
  double seconds = 0;
  double lowest = 0, highest = 0;  ///< of simulated / seconds - 1
};

/// Rings, hierarchical sums: ring_all_reduce_time with the longest route's latency and the rate of the
/// slowest link, by how many neighbours' messages share it. Lowest: as if all routes were the shortest.
/// Trees, of 8 nodes and more (in smaller ones too few ranks have two below them to fill a link):
/// chunked_double_tree_all_reduce_time. Lowest: a step costs half of what that form says, as for a chunk that
/// has a link to itself; or the fullest uplink alone decides. Highest: it costs twice as much, as for one
/// that shares its link with all three others, and routes that meet on an uplink wait for each other in full.
/// Reads: the storage model.
/// All within rounding_band on top: chunks are whole bytes, and the solver's rates are not exact.
Expected expected_time(SimulatedJob const& job);

inline constexpr double rounding_band = 0.002;

}  // namespace muster::project
