#include "harness/report/page/node_profiles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/core/counted.hpp"
#include "harness/core/quantities.hpp"

namespace muster {
namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

/// Of single parts, not of a kind.
bool is_individual(std::string_view fact) {
  constexpr std::array names{"serial", "nearest_cpus", "pcie", "uuid"};
  return std::ranges::find(names, fact) != names.end();
}

void add_cpu(Facts& facts, Node const& node) {
  facts.emplace_back(
      "CPU", fmt::format("{} x {}, {} cores, {} CPUs usable, {} NUMA nodes", node.cpu.sockets, node.cpu.model,
                         node.cpu.cores, node.cpu.usable, node.cpu.numa_nodes));
  if (!node.cpu.governor.empty()) facts.emplace_back("CPU governor", node.cpu.governor);
  facts.emplace_back("memory", human_bytes(node.memory_bytes));
}

void add_gpus(Facts& facts, Node const& node) {
  if (node.gpus.empty()) return;
  std::vector<std::string> names;
  for (auto const& gpu : node.gpus)
    names.push_back(fmt::format("{}, {}", gpu.name, human_bytes(gpu.memory_bytes)));
  facts.emplace_back("GPUs", counted_things(names));
  for (auto const& [name, first] : node.gpus.front().facts) {
    if (is_individual(name)) continue;
    std::vector<std::string> values;
    for (auto const& gpu : node.gpus) {
      auto const found = std::ranges::find(gpu.facts, name, &std::pair<std::string, std::string>::first);
      values.push_back(found == gpu.facts.end() ? "unknown" : found->second);
    }
    bool const equal =
        std::ranges::all_of(values, [&of_first = first](auto const& value) { return value == of_first; });
    facts.emplace_back("GPU " + name, equal ? first : counted_things(values));
  }
}

void add_nics(Facts& facts, Node const& node) {
  std::vector<std::string> nics;
  for (auto const& nic : node.nics)
    nics.push_back(fmt::format("{} {} {}{}", nic.fabric, nic.driver, nic.state,
                               nic.bits_per_second > 0 ? ", " + human(nic.bits_per_second, "bit/s") : ""));
  if (!nics.empty()) facts.emplace_back("network", counted_things(nics));
}

void add_storage(Facts& facts, Node const& node) {
  for (auto const& storage : node.storage)
    facts.emplace_back("storage for " + storage.use,
                       fmt::format("{} on {}{}", storage.filesystem, storage.source,
                                   storage.device_model.empty() ? "" : " (" + storage.device_model + ")"));
}

Facts facts_of(Node const& node) {
  Facts facts;
  add_cpu(facts, node);
  add_gpus(facts, node);
  add_nics(facts, node);
  add_storage(facts, node);
  for (auto const& [name, value] : node.software) facts.emplace_back(name, value);
  for (auto const& [name, value] : node.env) facts.emplace_back(name, value);
  return facts;
}

}  // namespace

std::vector<NodeProfile> profiles_of(Document const& document) {
  std::vector<NodeProfile> profiles;
  for (auto const& node : document.nodes) {
    auto facts = facts_of(node);
    auto const found = std::ranges::find(profiles, facts, &NodeProfile::facts);
    if (found != profiles.end())
      found->nodes.push_back(node.name);
    else
      profiles.push_back({{node.name}, std::move(facts)});
  }
  return profiles;
}

}  // namespace muster
