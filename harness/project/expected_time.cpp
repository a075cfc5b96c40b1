#include "harness/project/expected_time.hpp"

#include <algorithm>

#include "harness/core/cluster_parts.hpp"
#include "harness/project/alpha_beta.hpp"
#include "harness/project/double_tree.hpp"
#include "harness/project/rail_routes.hpp"
#include "harness/project/storage_model.hpp"

namespace muster::project {
namespace {

double shortest_latency(SimulatedJob const& job) { return job.nic_latency + job.switch_latency; }

double longest_latency(SimulatedJob const& job) {
  bool const one_leaf = job.nodes <= job.leaf_nodes;
  return shortest_latency(job) + (one_leaf ? 0 : 2 * job.switch_latency);
}

/// B/s of a ring's slowest link.
double ring_bandwidth(SimulatedJob const& job) {
  double const nic = job.nic_bandwidth * std::min(job.slow_nic, 1.0 / job.rails);
  int const messages = RailRoutes(job).most_on_one_uplink(ring_pairs(job.nodes));
  return messages == 0 ? nic : std::min(nic, job.uplink_bandwidth / messages);
}

int most_of_tree_on_one_uplink(SimulatedJob const& job) {
  return RailRoutes(job).most_on_one_uplink(tree_pairs(job.nodes));
}

/// B/s with which a node sends and receives four halves of a sum (to and from one rank above it and two below
/// in one tree, one above it in the other), or less by the fullest uplink.
double tree_bandwidth(SimulatedJob const& job) {
  int const messages = most_of_tree_on_one_uplink(job);
  return messages == 0 ? job.nic_bandwidth : std::min(job.nic_bandwidth, job.uplink_bandwidth * 4 / messages);
}

double network_time(SimulatedJob const& job, double latency) {
  Link const rail{latency, ring_bandwidth(job)};
  if (job.shape == Shape::hierarchical)
    return hierarchical_all_reduce_time({0, job.inside_bandwidth}, rail, job.bytes, job.nodes, job.gpus);
  return ring_all_reduce_time(rail, job.bytes, job.nodes);
}

Expected expected_ring(SimulatedJob const& job) {
  double const seconds = network_time(job, longest_latency(job));
  double const lowest = network_time(job, shortest_latency(job)) / seconds - 1;
  return {seconds, lowest - rounding_band, rounding_band};
}

double tree_time(SimulatedJob const& job, double bandwidth, double steps) {
  Link const link{longest_latency(job), bandwidth};
  return chunked_double_tree_all_reduce_time(link, job.bytes, job.nodes, job.chunks, steps);
}

/// s that others' halves hold up one half on the fullest uplink, should they never pass while its ranks are
/// busy otherwise.
double longest_wait(SimulatedJob const& job) {
  int const others = std::max(0, most_of_tree_on_one_uplink(job) - 1);
  return others * job.bytes / 2 / job.uplink_bandwidth;
}

/// Steps cost what NICs make them cost, wherever the slowest link is.
Expected expected_tree(SimulatedJob const& job) {
  double const steps = climb_of(first_tree(job.nodes)) - 0.5, nic = job.nic_bandwidth;
  double const full = tree_time(job, tree_bandwidth(job), 0);
  double const step = tree_time(job, nic, 1) - tree_time(job, nic, 0);
  double const seconds = full + steps * step;
  double const least = std::max(full, tree_time(job, nic, steps / 2));
  double const most = full + 2 * steps * step + longest_wait(job);
  return {seconds, least / seconds - 1 - rounding_band, most / seconds - 1 + rounding_band};
}

Expected expected_reads(SimulatedJob const& job) {
  Scenario scenario;
  scenario.storage.emplace();
  scenario.storage->bandwidth.value = job.storage_bandwidth;
  scenario.storage->node_bandwidth = Stated{job.nic_bandwidth};
  return {job.bytes / first_read_rate(scenario, job.nodes), -rounding_band, rounding_band};
}

}  // namespace

Expected expected_time(SimulatedJob const& job) {
  if (job.shape == Shape::reads) return expected_reads(job);
  return job.shape == Shape::double_tree ? expected_tree(job) : expected_ring(job);
}

}  // namespace muster::project
