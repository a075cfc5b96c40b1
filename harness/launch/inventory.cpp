#include "harness/launch/inventory.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace muster {
namespace {

/// "8 x NVIDIA A100-SXM4-80GB (80 GiB)"; "no GPU".
std::string gpus_of(Node const& node) {
  std::map<std::string, int> kinds;
  for (auto const& gpu : node.gpus)
    ++kinds[fmt::format("{} ({:.0f} GiB)", gpu.name, static_cast<double>(gpu.memory_bytes) / (1ULL << 30))];
  std::vector<std::string> texts;
  for (auto const& [kind, count] : kinds) texts.push_back(fmt::format("{} x {}", count, kind));
  return texts.empty() ? "no GPU" : fmt::format("{}", fmt::join(texts, ", "));
}

std::string version_of(Node const& node, std::string_view library) {
  for (auto const& [name, version] : node.software) {
    if (name == library) return version;
  }
  return "";
}

/// Adds the nodes whose text is not that of more than half of them.
void add_odd(AgentReport const& report, std::string_view what, auto const& text_of, std::string_view remedy,
             std::vector<Finding>& findings) {
  std::map<std::string, std::vector<std::string>> nodes;  // by text
  std::size_t count = 0;
  for (auto const& [node, answer] : report.nodes) {
    if (!answer.seen) continue;
    nodes[text_of(answer.seen->node)].push_back(node);
    ++count;
  }
  auto const most =
      std::ranges::max_element(nodes, {}, [](auto const& entry) { return entry.second.size(); });
  if (most == nodes.end() || 2 * most->second.size() <= count) return;
  for (auto const& [text, own] : nodes) {
    if (text == most->first) continue;
    for (auto const& node : own)
      findings.push_back(
          {node, fmt::format("it has {}{} where {} of {} nodes have {} ({}", what,
                             text.empty() ? "none" : text, most->second.size(), count, most->first, remedy)});
  }
}

void add_silent(AgentReport const& report, std::vector<Finding>& findings) {
  for (auto const& [node, answer] : report.nodes) {
    if (answer.seen) continue;
    auto const words = report.words.empty() ? "" : fmt::format("the launcher said: {}", report.words);
    findings.push_back(
        {node, fmt::format("it did not answer ({}) look whether the node is up and sees the run's folder",
                           words.empty() ? "no word in its journal" : words)});
  }
}

/// One reason a node, however much is wrong with it.
std::vector<Finding> merged(std::vector<Finding> const& findings) {
  std::vector<Finding> list;
  for (auto const& finding : findings) {
    auto const same = std::ranges::find(list, finding.node, &Finding::node);
    if (same == list.end())
      list.push_back(finding);
    else
      same->reason += "; " + finding.reason;
  }
  return list;
}

}  // namespace

std::vector<Finding> unfit_nodes(AgentReport const& report) {
  std::vector<Finding> findings;
  add_silent(report, findings);
  for (auto const& [node, answer] : report.nodes) {
    for (auto const& fault : answer.seen ? answer.seen->faults : std::vector<std::string>{})
      findings.push_back({node, fault});
  }
  add_odd(report, "", gpus_of, "it would not be compared with its like) give it a run of its own", findings);
  for (auto const* library : {"NCCL", "MPI"}) {
    add_odd(
        report, std::string(library) + " ", [&](Node const& node) { return version_of(node, library); },
        "collectives between them hang or give wrong answers) install one version on all nodes", findings);
  }
  return merged(findings);
}

std::vector<Finding> odd_clocks(AgentReport const& report) {
  std::vector<Finding> findings;
  for (auto const& [node, answer] : report.nodes) {
    if (answer.ahead_seconds == 0) continue;
    findings.push_back(
        {node,
         fmt::format("its clock is {:.0f} s {} this node's (times of day in its journal are off, "
                     "figures are not) synchronise it",
                     std::abs(answer.ahead_seconds), answer.ahead_seconds > 0 ? "ahead of" : "behind")});
  }
  return findings;
}

}  // namespace muster
