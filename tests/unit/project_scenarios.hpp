// Described nodes that tests of projections sum on.
#pragma once
#include "harness/core/cluster_parts.hpp"

namespace muster::project {

/// 8 A100 a node on NVSwitch, AMD, so many HDR NICs (200 Gb/s).
inline Scenario a100_scenario(int nics, int channel_reading = 0) {
  Scenario scenario;
  scenario.name = "a100", scenario.nodes = 720, scenario.gpus = 8;
  scenario.gpu.compute_capability = Stated{8.0, "test"};
  scenario.gpu.nvlink_bandwidth = Stated{300e9, "test"};
  scenario.node.nics = nics, scenario.node.nic_bandwidth = {25e9, "test"};
  scenario.channel_reading = channel_reading;
  return scenario;
}

/// 8 H100 a node, so many NDR NICs (400 Gb/s).
inline Scenario h100_scenario(int nics) {
  auto scenario = a100_scenario(nics);
  scenario.name = "h100";
  scenario.gpu.compute_capability = Stated{9.0, "test"};
  scenario.gpu.nvlink_bandwidth = Stated{450e9, "test"};
  scenario.node.nic_bandwidth = {50e9, "test"};
  return scenario;
}

}  // namespace muster::project
