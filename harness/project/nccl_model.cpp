#include "harness/project/nccl_model.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "harness/project/alpha_beta.hpp"

namespace muster::project {
namespace {

constexpr double micro = 1e-6, giga = 1e9;

template <typename T>
using ByProtocol = std::array<T, 3>;  // LL, LL128, Simple
using Row = ByProtocol<double>;

constexpr std::size_t at(Algorithm algorithm) { return static_cast<std::size_t>(algorithm); }
constexpr std::size_t at(Protocol protocol) { return static_cast<std::size_t>(protocol); }

// Latencies in us (tuning.cc), trees and rings.
constexpr Row tree_base{6.8, 14.0, 8.4}, ring_base{6.6, 14.0, 8.4};
constexpr Row tree_nvlink{0.6, 1.25, 4.0}, ring_nvlink{0.6, 1.9, 3.4};
constexpr Row tree_pcie{1.0, 1.9, 4.0}, ring_pcie{1.0, 2.5, 5.7};
constexpr Row tree_net{5.0, 8.5, 14.0}, ring_net{2.7, 4.0, 14.0};
constexpr double nvls_inside_latency = 25, nvls_tree_net = 20.9;

/// Limits in GB/s, for one node, two, more.
using ByNodes = std::array<double, 3>;

struct Limits {
  double ll_one_node;                               ///< of all channels
  ByNodes tree, ring_ll128, tree_ll128, nvls_tree;  ///< of one channel
};
constexpr Limits ampere{87.7, {24.0, 23.6, 17.8}, {20, 20, 20}, {20, 20, 20}, {0, 0, 0}};
constexpr Limits hopper{141.0, {38.7, 41.4, 36.0}, {36.7, 36.7, 36.7}, {36.7, 36.7, 29.0}, {0, 57.7, 45.5}};
// LL between nodes, where the CPUs decide; the first is not used.
constexpr ByNodes ll_amd{0, 22.5, 19.0}, ll_intel{0, 39.0, 20.4};
constexpr double nvls_efficiency = 0.85;  // Hopper

Limits const& limits_of(Topology const& topology) {
  return topology.compute_capability >= 9 ? hopper : ampere;
}
std::size_t column(Topology const& topology) {
  return static_cast<std::size_t>(std::min(topology.nodes, 3) - 1);
}
double ranks_of(Topology const& topology) { return static_cast<double>(topology.nodes) * topology.gpus; }

double ll_limit(Topology const& topology) {
  if (topology.nodes == 1) return giga * limits_of(topology).ll_one_node;
  return giga * (topology.amd ? ll_amd : ll_intel)[column(topology)];
}

// Trees reach less than their bandwidth at sizes from 64 B to 512 MiB, by powers of two (tuning.cc).
constexpr ByProtocol<std::array<double, 23>> tree_shares{{
    {1, 1, 1, 1, .9, .8, .7, .7, .7, .7, .6, .5, .4, .4, .5, .6, .7, .8, .9, 1, 1, 1, 1},
    {1, 1, 1, 1, 1, .9, .8, .8, .8, .7, .6, .6, .6, .6, .6, .6, .8, .9, .9, .9, .9, 1, 1},
    {.9, .9, .9, .9, .9, .9, .9, .8, .7, .6, .6, .5, .5, .5, .5, .6, .7, .8, .7, .7, .8, .9, .9},
}};

double tree_share(double bytes, Protocol protocol) {
  auto const blocks = static_cast<std::uint64_t>(bytes / 64);
  auto const power = static_cast<std::size_t>(std::bit_width(blocks));  // floor(log2) + 1; 0 below 64 B
  auto const& shares = tree_shares[at(protocol)];
  return power == 0 || power > shares.size() ? 1 : shares[power - 1];
}

double net_latency(Topology const& topology, Row const& row, Protocol protocol) {
  auto const added = protocol == Protocol::simple ? 2 : 1;  // Simple's flush takes it once more
  return row[at(protocol)] * micro + added * topology.nic_latency;
}

double ring_bandwidth(Topology const& topology, Protocol protocol) {
  double const bus = topology.channels * topology.channel_bandwidth, ranks = ranks_of(topology);
  double const per_channel = giga * limits_of(topology).ring_ll128[column(topology)];
  double reached = bus;
  if (protocol == Protocol::ll) reached = std::min(ll_limit(topology), 0.5 * bus);
  if (protocol == Protocol::ll128) reached = std::min(0.92 * bus, topology.channels * per_channel);
  return reached * ranks / (2 * (ranks - 1));
}

/// What posting one message to the network costs a ring at every step, also those inside nodes.
double post_overhead(Topology const& topology, Protocol protocol) {
  if (topology.nodes == 1) return 0;
  return (topology.amd ? 2 : 1) * (protocol == Protocol::simple ? 3 : 1) * micro;
}

/// Many small pieces of Simple's ring wait for each other: from 64 B for each rank and running channel.
double plateau_bytes(Topology const& topology) {
  return topology.nodes == 1 || topology.compute_capability == 0
             ? 0
             : 64 * std::min(64.0, 2 * topology.channels) * ranks_of(topology);
}
constexpr double plateau_latency = 1.4;

double ring_latency(Topology const& topology, Protocol protocol) {
  auto const p = at(protocol);
  double const inside =
      std::max((topology.nvlink ? ring_nvlink : ring_pcie)[p] * micro, post_overhead(topology, protocol));
  // a node's only GPU hides nothing of the network: NCCL takes the trees' row
  double const net = net_latency(topology, topology.gpus == 1 ? tree_net : ring_net, protocol);
  double const steps = 2 * (ranks_of(topology) - 1), net_steps = 2.0 * (topology.nodes - 1);
  return ring_base[p] * micro + (steps - net_steps) * inside + net_steps * net;
}

/// Where no size takes any of it away.
double tree_bandwidth(Topology const& topology, Protocol protocol) {
  double const speed = topology.nodes == 2 ? topology.pair_bandwidth : topology.channel_bandwidth;
  double const per_channel = giga * limits_of(topology).tree[column(topology)];
  double reached = std::min(0.92 * topology.channels * speed, topology.channels * per_channel);
  if (protocol == Protocol::ll) reached = std::min(reached / 3.8, ll_limit(topology));
  if (protocol == Protocol::ll128)
    reached = std::min(reached * (topology.nodes == 1 ? 7.0 / 9 : 120.0 / 128),
                       topology.channels * giga * limits_of(topology).tree_ll128[column(topology)]);
  if (topology.gpus == 1) reached *= 0.85;  // one GPU cannot share its tree's two branches with another
  return 0.5 * reached;
}

double tree_latency(Topology const& topology, Protocol protocol) {
  auto const p = at(protocol);
  double const inside = (topology.nvlink ? tree_nvlink : tree_pcie)[p] * micro;
  int const levels = std::bit_width(static_cast<unsigned>(topology.nodes)) - 1;
  return tree_base[p] * micro +
         2 * ((topology.gpus - 1) * inside + levels * net_latency(topology, tree_net, protocol));
}

/// One channel a GPU, each with its share of NVSwitch's sums in both directions.
double nvls_bandwidth(Topology const& topology) {
  double const channels = topology.gpus, ranks = ranks_of(topology);
  double speed = 2 * topology.nvls_inside * nvls_efficiency * (channels - 1) / channels;
  if (topology.nodes > 1)
    speed = std::min({speed, topology.nvls_between * (topology.nodes == 2 ? 2 : 1),
                      giga * limits_of(topology).nvls_tree[column(topology)]});
  return channels * speed * ranks / (2 * (ranks - 1));
}

double nvls_latency(Topology const& topology) {
  int const levels = std::bit_width(static_cast<unsigned>(topology.nodes)) - 1;
  Row const net{0, 0, nvls_tree_net};
  return nvls_inside_latency * micro + 2 * levels * net_latency(topology, net, Protocol::simple);
}

/// Where NCCL does not run.
double plain_time(Topology const& topology, double bytes) {
  return hierarchical_all_reduce_time({0, topology.inside_bandwidth},
                                      {topology.nic_latency, topology.channel_bandwidth / topology.gpus},
                                      bytes, topology.nodes, topology.gpus);
}

/// Bytes over what they add to the time; any number of them, as the model is a line.
double plain_bandwidth(Topology const& topology) {
  return giga / (plain_time(topology, giga) - plain_time(topology, 0));
}

bool is_used(Topology const& topology, Algorithm algorithm, Protocol protocol) {
  if (topology.compute_capability == 0) return algorithm == Algorithm::ring && protocol == Protocol::simple;
  if (protocol == Protocol::ll128 && !topology.ll128) return false;
  if (algorithm == Algorithm::ring || algorithm == Algorithm::tree) return true;
  bool const several = algorithm == Algorithm::nvls_tree;
  return protocol == Protocol::simple && topology.nvls_inside > 0 && several == (topology.nodes > 1);
}

double bandwidth_of(Topology const& topology, Algorithm algorithm, Protocol protocol) {
  if (!is_used(topology, algorithm, protocol)) return 0;
  if (topology.compute_capability == 0) return plain_bandwidth(topology);
  if (algorithm == Algorithm::ring) return ring_bandwidth(topology, protocol);
  return algorithm == Algorithm::tree ? tree_bandwidth(topology, protocol) : nvls_bandwidth(topology);
}

double latency_of(Topology const& topology, Algorithm algorithm, Protocol protocol) {
  if (topology.compute_capability == 0) return plain_time(topology, 0);
  if (algorithm == Algorithm::ring) return ring_latency(topology, protocol);
  return algorithm == Algorithm::tree ? tree_latency(topology, protocol) : nvls_latency(topology);
}

/// What is there where NICs give a share of what NCCL believes.
Topology slowed(Topology topology) {
  topology.channel_bandwidth *= topology.nic_share;
  topology.pair_bandwidth = std::min(topology.pair_bandwidth, 2 * topology.channel_bandwidth);
  topology.nvls_between *= topology.nic_share;
  return topology;
}

constexpr Algorithm algorithms[] = {Algorithm::ring, Algorithm::tree, Algorithm::nvls, Algorithm::nvls_tree};
constexpr Protocol protocols[] = {Protocol::ll, Protocol::ll128, Protocol::simple};

}  // namespace

std::string_view word(Algorithm algorithm) {
  constexpr std::string_view words[] = {"ring", "tree", "nvls", "nvls_tree"};
  return words[static_cast<std::size_t>(algorithm)];
}

std::string_view word(Protocol protocol) {
  constexpr std::string_view words[] = {"LL", "LL128", "Simple"};
  return words[static_cast<std::size_t>(protocol)];
}

Tuner::Ways Tuner::ways_of(Topology const& topology) {
  Ways ways{};
  for (auto const algorithm : algorithms)
    for (auto const protocol : protocols)
      ways[at(algorithm)][at(protocol)] = {bandwidth_of(topology, algorithm, protocol),
                                           latency_of(topology, algorithm, protocol)};
  return ways;
}

Tuner::Tuner(Topology const& topology)
    : plateau_bytes_(plateau_bytes(topology)), alone_(ranks_of(topology) < 2) {
  if (alone_) return;
  ways_ = ways_of(topology);
  if (topology.nodes > 1 && topology.nic_share < 1) real_ = ways_of(slowed(topology));
}

/// Infinite where not used.
double Tuner::seconds(Ways const& ways, double bytes, Algorithm algorithm, Protocol protocol) const {
  if (alone_) return 0;
  auto [bandwidth, latency] = ways[at(algorithm)][at(protocol)];
  if (bandwidth == 0) return std::numeric_limits<double>::infinity();
  if (algorithm == Algorithm::tree) bandwidth *= tree_share(bytes, protocol);
  bool const is_simple_ring = algorithm == Algorithm::ring && protocol == Protocol::simple;
  if (is_simple_ring && plateau_bytes_ > 0 && bytes >= plateau_bytes_) latency *= plateau_latency;
  return latency + bytes / bandwidth;
}

void Tuner::keep_fastest(Estimate& best, double bytes, Algorithm algorithm) const {
  for (auto const protocol : protocols)
    if (double const took = seconds(ways_, bytes, algorithm, protocol); took < best.seconds)
      best = {took, algorithm, protocol};
}

Estimate Tuner::as_it_is(Estimate chosen, double bytes) const {
  if (real_) chosen.seconds = seconds(*real_, bytes, chosen.algorithm, chosen.protocol);
  return chosen;
}

std::optional<Estimate> Tuner::all_reduce_by(double bytes, Algorithm algorithm, Protocol protocol) const {
  Estimate const chosen{seconds(ways_, bytes, algorithm, protocol), algorithm, protocol};
  return std::isfinite(chosen.seconds) ? std::optional(as_it_is(chosen, bytes)) : std::nullopt;
}

std::optional<Estimate> Tuner::all_reduce_by(double bytes, Algorithm algorithm) const {
  Estimate best{std::numeric_limits<double>::infinity()};
  keep_fastest(best, bytes, algorithm);
  return std::isfinite(best.seconds) ? std::optional(as_it_is(best, bytes)) : std::nullopt;
}

Estimate Tuner::all_reduce(double bytes) const {
  Estimate best{std::numeric_limits<double>::infinity()};
  for (auto const algorithm : algorithms) keep_fastest(best, bytes, algorithm);
  return as_it_is(best, bytes);
}

std::optional<Estimate> all_reduce_by(Topology const& topology, double bytes, Algorithm algorithm,
                                      Protocol protocol) {
  return Tuner(topology).all_reduce_by(bytes, algorithm, protocol);
}

std::optional<Estimate> all_reduce_by(Topology const& topology, double bytes, Algorithm algorithm) {
  return Tuner(topology).all_reduce_by(bytes, algorithm);
}

Estimate all_reduce(Topology const& topology, double bytes) { return Tuner(topology).all_reduce(bytes); }

Topology with_slow_nic(Topology topology, double share) {
  topology.nic_share *= share;
  return topology;
}

}  // namespace muster::project
