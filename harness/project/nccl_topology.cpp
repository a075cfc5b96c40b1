// What NCCL's search (src/graph/search.cc, topo.h of 2.30.7) makes of a description: channels and their
// speeds.
#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "harness/core/error.hpp"
#include "harness/project/nccl_model.hpp"

namespace muster::project {
namespace {

constexpr double giga = 1e9;

/// What of NCCL's search depends on the GPU; speeds in GB/s.
struct Generation {
  std::span<double const> inside_speeds, between_speeds;
  double link;  ///< of one NVLink in one direction
  double pcie;  ///< of a GPU's or a NIC's 16 lanes
};

constexpr double ampere_inside[] = {40, 30, 20, 18, 15, 12, 10, 9, 7, 6, 5, 4, 3};
constexpr double ampere_between[] = {48, 30, 28, 24, 20, 18,  15,  12,   10,  9,
                                     7,  6,  5,  4,  3,  2.4, 1.2, 0.24, 0.12};
constexpr double hopper_inside[] = {60, 50, 40, 30, 24, 20, 15, 12, 11, 6, 3};
constexpr double hopper_between[] = {48, 45, 42, 40, 30,  24,  22,   20,  17.5,
                                     15, 12, 6,  3,  2.4, 1.2, 0.24, 0.12};
constexpr Generation ampere{ampere_inside, ampere_between, 20, 24};
constexpr Generation ampere_small{ampere_inside, ampere_between, 12, 24};  // 8.6
constexpr Generation hopper{hopper_inside, hopper_between, 20.6, 48};

Generation const& generation_of(double capability) {
  if (capability >= 9) return hopper;
  return capability >= 8.55 && capability < 8.65 ? ampere_small : ampere;
}

constexpr double nvlink_rate = 25;  // data sheets' GB/s of one link of NVLink 3 and 4 in one direction
constexpr double amd_bridge = 16, intel_bridge = 10;  // topo.h: between PCIe trees of one machine

/// 0: NCCL does not run on it.
double capability_of(Scenario const& scenario) {
  return scenario.gpu.compute_capability ? scenario.gpu.compute_capability->value : 0;
}

std::string ranks_fault(Scenario const& scenario, int nodes, int gpus) {
  if (nodes < 1 || gpus < 1 || gpus > scenario.gpus)
    return std::to_string(nodes) + " nodes with " + std::to_string(gpus) +
           " GPUs each cannot sum (a node has " + std::to_string(scenario.gpus) + ") ask for 1 to " +
           std::to_string(scenario.gpus) + " GPUs of a node";
  return {};
}

std::string network_fault(Scenario const& scenario, int nodes) {
  if (nodes > 1 && (scenario.node.nics < 1 || !(scenario.node.nic_bandwidth.value > 0)))
    return std::to_string(nodes) + " nodes cannot sum (\"" + scenario.name +
           "\" describes no network) give nics and nic_bandwidth";
  return {};
}

std::string capability_fault(Scenario const& scenario) {
  double const capability = capability_of(scenario);
  if (!scenario.gpu.compute_capability || (capability >= 8 && capability < 10)) return {};
  return "compute capability " + std::to_string(capability).substr(0, 4) +
         " has no model of sums (NCCL's constants are known here from 8.0 to 9.x) describe the nearest GPU "
         "that has";
}

std::string links_fault(Scenario const& scenario, int gpus) {
  if (gpus < 2 || scenario.gpu.compute_capability || scenario.gpu.nvlink_bandwidth || scenario.node.nics > 0)
    return {};
  return "GPUs of a node cannot sum (\"" + scenario.name +
         "\" describes neither their compute capability nor links) give compute_capability or nvlink";
}

void refuse_faults(Scenario const& scenario, int nodes, int gpus) {
  if (auto const fault = ranks_fault(scenario, nodes, gpus); !fault.empty())
    throw Error(ExitCode::usage, fault);
  if (auto const fault = network_fault(scenario, nodes); !fault.empty()) throw Error(ExitCode::usage, fault);
  if (auto const fault = capability_fault(scenario); !fault.empty()) throw Error(ExitCode::usage, fault);
  if (auto const fault = links_fault(scenario, gpus); !fault.empty()) throw Error(ExitCode::usage, fault);
}

/// GB/s that one GPU can send to the others of its node.
double inside_total(Scenario const& scenario, Generation const& generation) {
  if (!scenario.gpu.nvlink_bandwidth) return scenario.node.cpu_vendor == "intel" ? intel_bridge : amd_bridge;
  return std::max(1.0, std::round(scenario.gpu.nvlink_bandwidth->value / giga / nvlink_rate)) *
         generation.link;
}

/// The first of `speeds` that is not above `limit`; the last where all are.
double snapped(std::span<double const> speeds, double limit) {
  for (double const speed : speeds)
    if (speed <= limit * (1 + 1e-9)) return speed;
  return speeds.back();
}

struct Channels {
  double count = 1, speed = 0;  ///< GB/s of one
};

bool source_doubles(Channels channels, double capability) {
  if (channels.speed < 25) return false;
  return capability <= 8.05 || channels.speed >= 50 || channels.count <= 4;
}

Channels doubled(Channels channels) { return {2 * channels.count, channels.speed / 2}; }

/// As many channels of one speed as use most of what a GPU can send; the faster speed where several do. The
/// search ends at speeds below half of the best.
Channels inside_channels(Generation const& generation, double total, double capability) {
  Channels best{1, snapped(generation.inside_speeds, total)};
  for (double const speed : generation.inside_speeds) {
    if (speed < 0.49 * best.speed) break;
    double const count = std::floor(total / speed * (1 + 1e-9));
    if (count * speed > best.count * best.speed) best = {count, speed};
  }
  return source_doubles(best, capability) ? doubled(best) : best;
}

/// NICs that `gpus` of a node have to themselves.
double nics_of(Scenario const& scenario, int gpus) {
  return std::ceil(static_cast<double>(scenario.node.nics) * gpus / scenario.gpus);
}

Channels between_channels(Scenario const& scenario, Generation const& generation, double inside, int gpus) {
  double const rate = std::min(scenario.node.nic_bandwidth.value / giga, generation.pcie);
  double const through = gpus == 1 ? generation.pcie : std::min(inside, gpus * generation.pcie);
  double const speed = snapped(generation.between_speeds, std::min(rate, through));
  return {std::clamp(std::floor(through / speed * (1 + 1e-9)), 1.0, nics_of(scenario, gpus)), speed};
}

/// Trees of two nodes send over the network half of what they send inside, so that the search raises the
/// speed inside until it is twice the network's or NVLink is full.
double pair_speed(Generation const& generation, Channels channels, double inside) {
  double speed = channels.speed;
  for (auto i = generation.between_speeds.size(); i-- > 0 && speed < 2 * channels.speed;) {
    double const next = generation.between_speeds[i];
    if (next > speed && next * channels.count <= inside) speed = next;
  }
  return speed;
}

void add_nvls(Topology& topology, Scenario const& scenario, Generation const& generation, double inside) {
  if (topology.compute_capability < 9 || !topology.nvlink || topology.gpus < 2) return;
  // each GPU carries its own channel twice and the others' once
  auto const& speeds = topology.nodes == 1 ? generation.inside_speeds : generation.between_speeds;
  topology.nvls_inside = giga * snapped(speeds, inside / (topology.gpus + 1));
  if (topology.nodes == 1) return;
  double const nics = std::min<double>(nics_of(scenario, topology.gpus), topology.gpus);
  double const rate = std::min(scenario.node.nic_bandwidth.value / giga, generation.pcie);
  topology.nvls_between = giga * snapped(speeds, rate * nics / topology.gpus);
}

void add_channels(Topology& topology, Scenario const& scenario, Generation const& generation, double inside) {
  Channels channels;
  if (topology.nodes == 1) {
    channels = inside_channels(generation, inside, topology.compute_capability);
  } else {
    channels = between_channels(scenario, generation, inside, topology.gpus);
    if (scenario.channel_reading == 1 || source_doubles(channels, topology.compute_capability))
      channels = doubled(channels);
  }
  topology.channels = channels.count;
  topology.channel_bandwidth = giga * channels.speed;
  topology.pair_bandwidth = topology.nodes == 2 && topology.gpus > 1
                                ? giga * pair_speed(generation, channels, inside)
                                : giga * channels.speed;
}

void add_channels_of_nccl(Topology& topology, Scenario const& scenario) {
  auto const& generation = generation_of(topology.compute_capability);
  double const inside = inside_total(scenario, generation);
  add_channels(topology, scenario, generation, inside);
  add_nvls(topology, scenario, generation, inside);
}

/// Where NCCL does not run: all NICs of these GPUs as one channel.
void add_links(Topology& topology, Scenario const& scenario) {
  double const nic = scenario.node.nic_bandwidth.value;
  topology.channels = 1;
  topology.channel_bandwidth = nics_of(scenario, topology.gpus) * nic;
  topology.inside_bandwidth = scenario.gpu.nvlink_bandwidth ? scenario.gpu.nvlink_bandwidth->value : nic;
}

double share_beyond_leaf(FabricPart const& fabric, int nodes) {
  return nodes > fabric.leaf_nodes ? 1 / std::max(1.0, fabric.oversubscription.value) : 1;
}

}  // namespace

Topology topology_of(Scenario const& scenario, int nodes, int gpus) {
  refuse_faults(scenario, nodes, gpus);
  Topology topology;
  topology.nodes = nodes, topology.gpus = gpus;
  topology.nic_latency = scenario.node.nic_latency.value;
  topology.nic_share = share_beyond_leaf(scenario.fabric, nodes);
  topology.amd = scenario.node.cpu_vendor != "intel";
  topology.nvlink = topology.ll128 = scenario.gpu.nvlink_bandwidth.has_value();
  topology.compute_capability = capability_of(scenario);
  if (topology.compute_capability == 0)
    add_links(topology, scenario);
  else
    add_channels_of_nccl(topology, scenario);
  return topology;
}

}  // namespace muster::project
