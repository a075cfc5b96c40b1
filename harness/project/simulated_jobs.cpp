#include "harness/project/simulated_jobs.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace muster::project {
namespace {

constexpr double rail_bytes = 1 << 30, read_bytes = 10e9;
constexpr int least_tree_nodes = 8;  // expected_time.hpp

/// Uplinks have about a NIC's rate; of an oversubscribed leaf there are fewer.
void set_fabric(SimulatedJob& job, double oversubscription) {
  job.spines = std::max(1, static_cast<int>(std::lround(job.leaf_nodes / oversubscription)));
  job.uplink_bandwidth = job.leaf_nodes * job.nic_bandwidth / (oversubscription * job.spines);
}

SimulatedJob ring_of(Scenario const& scenario) {
  SimulatedJob job;
  job.name = "ring", job.nodes = std::min(scenario.nodes, most_nodes), job.bytes = rail_bytes;
  job.leaf_nodes = std::max(1, scenario.fabric.leaf_nodes);
  job.nic_bandwidth = scenario.node.nic_bandwidth.value;
  job.nic_latency = scenario.node.nic_latency.value;
  job.switch_latency = scenario.fabric.switch_latency.value;
  set_fabric(job, scenario.fabric.oversubscription.value);
  return job;
}

SimulatedJob tree_like(SimulatedJob job) {
  job.name = "double tree", job.note = "32 chunks; static routes meet on uplinks",
  job.shape = Shape::double_tree;
  job.chunks = most_chunks;
  return job;
}

SimulatedJob below_one_switch(SimulatedJob job) {
  job.name += ", one switch", job.note = "32 chunks; no two routes meet";
  job.leaf_nodes = job.nodes;
  return job;
}

void add_trees(SimulatedJob const& ring, std::vector<SimulatedJob>& jobs) {
  auto const tree = tree_like(ring);
  jobs.push_back(below_one_switch(tree));
  if (ring.leaf_nodes < ring.nodes) jobs.push_back(tree);
}

SimulatedJob hierarchical_like(SimulatedJob job, Scenario const& scenario) {
  job.name = "hierarchical", job.note = "inside nodes, ring on every rail, inside nodes";
  job.shape = Shape::hierarchical, job.gpus = scenario.gpus, job.bytes *= scenario.gpus;
  job.inside_bandwidth = scenario.gpu.nvlink_bandwidth->value;
  return job;
}

SimulatedJob with_slow_nic(SimulatedJob job) {
  job.name += ", slow NIC", job.note = "one NIC gives half of its rate", job.slow_nic = 0.5;
  return job;
}

SimulatedJob with_dead_nic(SimulatedJob job) {
  job.name += ", dead NIC", job.note = "two rails share one node's NIC", job.rails = 2;
  return job;
}

SimulatedJob with_dead_uplink(SimulatedJob job) {
  job.name += ", dead uplink", job.note = "what took it goes by the next spine", job.dead_uplinks = 1;
  return job;
}

SimulatedJob scattered(SimulatedJob job) {
  job.name += ", scattered", job.note = "every neighbour under another leaf switch", job.scattered = true;
  return job;
}

SimulatedJob half_as_many_uplinks(SimulatedJob job) {
  job.name += ", 2:1", job.note = "half as many uplinks as described";
  set_fabric(job, 2);
  return job;
}

/// Nodes of full leaves, two at least where there are so many.
int in_full_leaves(SimulatedJob const& job) {
  int const most = std::min(job.nodes, std::max(what_if_nodes, 2 * job.leaf_nodes));
  return most / job.leaf_nodes * job.leaf_nodes;
}

void add_placements(SimulatedJob const& ring, double oversubscription, std::vector<SimulatedJob>& jobs) {
  auto const bad = scattered(ring);
  jobs.push_back(bad);
  if (oversubscription == 1 && ring.leaf_nodes > 1) jobs.push_back(half_as_many_uplinks(bad));
  if (ring.spines < 2) return;
  jobs.push_back(with_dead_uplink(ring));
  jobs.push_back(with_dead_uplink(bad));
}

void add_what_ifs(Scenario const& scenario, SimulatedJob ring, std::vector<SimulatedJob>& jobs) {
  bool const leaves = in_full_leaves(ring) > ring.leaf_nodes && ring.leaf_nodes <= what_if_nodes;
  ring.nodes = leaves ? in_full_leaves(ring) : std::min(ring.nodes, what_if_nodes);
  if (scenario.gpus > 1 && scenario.gpu.nvlink_bandwidth) jobs.push_back(hierarchical_like(ring, scenario));
  jobs.push_back(with_slow_nic(ring));
  if (scenario.node.nics > 1) jobs.push_back(with_dead_nic(ring));
  if (leaves) add_placements(ring, scenario.fabric.oversubscription.value, jobs);
}

SimulatedJob reads_of(Scenario const& scenario, int nodes) {
  SimulatedJob job;
  job.name = "reads", job.note = "one server of all storage's bandwidth", job.shape = Shape::reads;
  job.nodes = nodes, job.bytes = read_bytes;
  job.storage_bandwidth = scenario.storage->bandwidth.value;
  auto const& own = scenario.storage->node_bandwidth;
  job.nic_bandwidth = own ? own->value : job.storage_bandwidth;
  return job;
}

}  // namespace

std::vector<SimulatedJob> jobs_of(Scenario const& scenario) {
  std::vector<SimulatedJob> jobs;
  if (scenario.nodes > 1 && scenario.node.nics > 0) {
    auto const ring = ring_of(scenario);
    jobs.push_back(ring);
    if (ring.nodes >= least_tree_nodes) add_trees(ring, jobs);
    add_what_ifs(scenario, ring, jobs);
  }
  if (scenario.storage && scenario.storage->bandwidth.value > 0) {
    jobs.push_back(reads_of(scenario, 1));
    if (scenario.nodes > 1) jobs.push_back(reads_of(scenario, scenario.nodes));
  }
  return jobs;
}

}  // namespace muster::project
