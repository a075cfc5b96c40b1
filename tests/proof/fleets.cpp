#include "tests/proof/fleets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>

#include "harness/analyze/check.hpp"

namespace muster::proof {
namespace {

constexpr int slow_gpus = 20, slow_links = 3;

/// How a part is known: "gpu0007/3", "gpu0001-gpu0004".
std::string key(Subject const& subject) {
  return subject.other.empty() ? fmt::format("{}/{}", subject.node, subject.device)
                               : fmt::format("{}-{}", subject.node, subject.other);
}

std::set<std::string> planted_in(fleet::Fleet const& fleet) {
  std::set<std::string> keys;
  for (auto const& [place, fault] : fleet.faults)
    keys.insert(fmt::format("{}/{}", fleet::node_name(place.first), place.second));
  for (auto const& [pair, share] : fleet.slow_links)
    keys.insert(fmt::format("{}-{}", fleet::node_name(pair.first), fleet::node_name(pair.second)));
  return keys;
}

void add(FleetTrial& trial, fleet::Fleet const& fleet) {
  auto const made = fleet::figures(fleet);
  auto const findings = check({made.document, made.samples}, nullptr, nullptr);
  auto const planted = planted_in(fleet);
  std::set<std::string> named, accused;
  for (auto const& finding : findings.findings) {
    auto const part = key(finding.subject);
    if (planted.contains(part) && finding.severity == Severity::fail) named.insert(part);
    if (!planted.contains(part) && accused.insert(part).second)
      trial.said.push_back(fmt::format("seed {}: {} accused: {}, {}", fleet.seed, words(finding.subject),
                                       name(finding.severity), finding.evidence));
  }
  for (auto const& part : planted) {
    if (!named.contains(part)) trial.said.push_back(fmt::format("seed {}: {} missed", fleet.seed, part));
  }
  ++trial.fleets;
  trial.accused_fleets += accused.empty() ? 0 : 1;
  trial.accused_parts += static_cast<int>(accused.size());
  trial.planted += static_cast<int>(planted.size());
  trial.missed += static_cast<int>(planted.size() - named.size());
}

}  // namespace

fleet::Fleet healthy_fleet(int nodes, std::uint64_t seed) {
  fleet::Fleet fleet;
  fleet.nodes = nodes;
  fleet.seed = seed;
  return fleet;
}

fleet::Fleet sick_fleet(int nodes, std::uint64_t seed) {
  auto fleet = healthy_fleet(nodes, seed);
  std::mt19937_64 random(seed);
  auto const below = [&](int count) {
    return static_cast<int>(random() % static_cast<std::uint64_t>(count));
  };
  int const wrong = below(nodes);
  fleet.faults[{wrong, below(fleet.gpus)}].wrong = true;
  while (fleet.faults.size() <= slow_gpus) {
    int const node = below(nodes);
    if (node != wrong) fleet.faults[{node, below(fleet.gpus)}].slower = 0.04;
  }
  while (fleet.slow_links.size() < slow_links) {
    int const node = below(nodes - 4);
    fleet.slow_links[{node, node + 1 + below(4)}] = 0.3;
  }
  return fleet;
}

FleetTrial try_fleets(int fleets, std::function<fleet::Fleet(std::uint64_t)> const& make) {
  FleetTrial trial;
  for (int seed = 1; seed <= fleets; ++seed) add(trial, make(static_cast<std::uint64_t>(seed)));
  return trial;
}

}  // namespace muster::proof
