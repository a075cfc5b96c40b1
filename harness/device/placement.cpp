#include "harness/device/placement.hpp"

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>

#include "harness/device/cpu_topology.hpp"
#include "kernels/host/id_list.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

/// One core: its hardware threads among the CPUs that may be used.
struct Core {
  int node = -1;
  std::vector<int> cpus{};
};

std::vector<Core> cores_of(std::vector<int> const& cpus, fs::path const& root) {
  std::vector<Core> cores;
  CpuPlace last{-1, -1, -2};
  for (auto const& place : cpu_places(cpus, root)) {
    if (place.node != last.node || place.core != last.core) cores.push_back({place.node, {}});
    cores.back().cpus.push_back(place.cpu);
    last = place;
  }
  return cores;
}

std::vector<int> union_of(std::vector<RankNeeds> const& ranks) {
  std::set<int> all;
  for (auto const& rank : ranks) all.insert(rank.cpus.begin(), rank.cpus.end());
  return {all.begin(), all.end()};
}

/// Does each rank have CPUs that no other has?
bool bound_apart(std::vector<RankNeeds> const& ranks, std::size_t distinct) {
  std::size_t sum = 0;
  for (auto const& rank : ranks) sum += rank.cpus.size();
  return ranks.size() > 1 && sum == distinct;
}

bool places_known(std::vector<RankNeeds> const& ranks, std::vector<Core> const& cores) {
  auto const unknown = [](auto const& item) { return item < 0; };
  return std::ranges::none_of(ranks, unknown, &RankNeeds::numa_node) &&
         std::ranges::none_of(cores, unknown, &Core::node);
}

/// Consecutive parts of as even a size as can be.
std::vector<std::vector<int>> in_order(std::vector<Core> const& cores, std::size_t ranks) {
  std::vector<std::vector<int>> parts(ranks);
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    for (std::size_t i = rank * cores.size() / ranks; i < (rank + 1) * cores.size() / ranks; ++i)
      parts[rank].insert(parts[rank].end(), cores[i].cpus.begin(), cores[i].cpus.end());
  }
  return parts;
}

std::vector<std::vector<int>> shared_out(std::vector<int> const& cpus, std::size_t ranks) {
  std::vector<std::vector<int>> parts(ranks);
  for (std::size_t rank = 0; rank < ranks; ++rank) parts[rank] = {cpus[rank % cpus.size()]};
  return parts;
}

/// Deals the cores of nodes: first how many of which node each rank gets, then which.
class NearestFirst {
 public:
  NearestFirst(std::vector<RankNeeds> const& ranks, std::vector<Core> const& cores, fs::path const& root)
      : ranks_(ranks), cores_(cores), root_(root), taken_(ranks.size()) {
    for (auto const& core : cores_) ++free_[core.node];
  }

  /// Ranks choose in turn, one core at a time, so that those of one node share it evenly.
  std::vector<std::vector<int>> deal() {
    for (std::size_t turn = 0; turn < cores_.size(); ++turn) choose(turn % ranks_.size());
    std::vector<std::vector<int>> parts(ranks_.size());
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
      for (auto const& [node, count] : taken_[rank]) hand_out(node, count, parts[rank]);
    }
    return parts;
  }

 private:
  void choose(std::size_t rank) {
    int best = 0, least = std::numeric_limits<int>::max();
    for (auto const& [node, count] : free_) {
      int const away = distance(ranks_[rank].numa_node, node);
      if (count == 0 || away >= least) continue;
      best = node;
      least = away;
    }
    --free_[best];
    ++taken_[rank][best];
  }

  int distance(int from, int to) {
    auto const [known, fresh] = distances_.try_emplace({from, to}, 0);
    if (fresh) {
      int const told = numa_distance(from, to, root_);
      known->second = told >= 0 ? told : from == to ? 10 : 20;  // the kernel's own values where it has none
    }
    return known->second;
  }

  void hand_out(int node, std::size_t count, std::vector<int>& part) {
    auto& next = next_[node];
    for (; count > 0; ++next) {
      if (cores_[next].node != node) continue;
      part.insert(part.end(), cores_[next].cpus.begin(), cores_[next].cpus.end());
      --count;
    }
  }

  std::vector<RankNeeds> const& ranks_;
  std::vector<Core> const& cores_;
  fs::path const& root_;
  std::map<int, std::size_t> free_{};              ///< cores of each node that nobody has
  std::vector<std::map<int, std::size_t>> taken_;  ///< by rank: cores of each node
  std::map<int, std::size_t> next_{};              ///< of each node: where to look for the next core
  std::map<std::pair<int, int>, int> distances_{};
};

}  // namespace

std::vector<std::vector<int>> deal_cpus(std::vector<RankNeeds> const& ranks, fs::path const& root) {
  auto const all = union_of(ranks);
  if (all.empty()) throw std::invalid_argument("ranks without a CPU cannot be placed");
  std::vector<std::vector<int>> parts;
  if (bound_apart(ranks, all.size())) {
    for (auto const& rank : ranks) parts.push_back(by_core(rank.cpus, root));
    return parts;
  }
  auto const cores = cores_of(all, root);
  if (cores.size() < ranks.size()) return shared_out(by_core(all, root), ranks.size());
  return places_known(ranks, cores) ? NearestFirst(ranks, cores, root).deal() : in_order(cores, ranks.size());
}

int numa_distance(int from, int to, fs::path const& root) {
  auto const nodes = root / "sys/devices/system/node";
  std::string online;
  std::getline(std::ifstream(nodes / "online") >> std::ws, online);
  std::ifstream in(nodes / ("node" + std::to_string(from)) / "distance");
  int distance = -1;
  for (int const node : parse_id_list(online)) {  // one number for each node that is online
    if (!(in >> distance)) return -1;
    if (node == to) return distance;
  }
  return -1;
}

int numa_node_of(DeviceInfo const& device) {
  auto const fact = std::ranges::find(device.facts, "numa_node", &std::pair<std::string, std::string>::first);
  return fact == device.facts.end() ? -1 : parse_id_list(fact->second).at(0);
}

Placement placement_of(std::vector<int> const& cpus, int device_node, fs::path const& root) {
  Placement place;
  place.device_node = device_node;
  auto sorted = cpus;
  std::ranges::sort(sorted);
  place.cpus = id_list_text(sorted);
  std::set<int> nodes;
  for (auto const& cpu : cpu_places(cpus, root)) nodes.insert(cpu.node);
  if (nodes.contains(-1)) return place;
  place.numa_nodes = id_list_text({nodes.begin(), nodes.end()});
  for (int const node : nodes) {
    if (device_node >= 0) place.distance = std::max(place.distance, numa_distance(device_node, node, root));
  }
  return place;
}

std::string to_text(RankNeeds const& needs) {
  return id_list_text(needs.cpus) + "|" + std::to_string(needs.numa_node);
}

RankNeeds needs_from(std::string const& text) {
  auto const bar = text.find('|');
  if (bar == std::string::npos) throw std::invalid_argument("'" + text + "' is no list of CPUs and node");
  return {parse_id_list(text.substr(0, bar)), std::stoi(text.substr(bar + 1))};
}

}  // namespace muster
