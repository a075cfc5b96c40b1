#include "harness/record/comparability.hpp"

#include <algorithm>
#include <set>

#include "harness/record/save.hpp"

namespace muster {
namespace {

/// With its length in front, so that no two different lists of fields give the same text.
std::string field(std::string const& text) { return std::to_string(text.size()) + ":" + text + ","; }
std::string field(int number) { return field(std::to_string(number)); }

std::string digest(std::string text, std::vector<std::string> lines) {
  std::ranges::sort(lines);
  for (auto const& line : lines) text += "\n" + line;
  return sha256(text);
}

std::string described(PlannedCase const& planned) {
  std::string text = field(planned.name) + field(planned.workload) + field(planned.ranks);
  for (auto const& [name, value] : planned.params.all()) text += field(name) + field(to_string(value));
  return text;
}

std::string described(Node const& node) {
  Cpu const& cpu = node.cpu;
  std::string text =
      field(cpu.model) + field(cpu.sockets) + field(cpu.cores) + field(cpu.threads) + field(cpu.usable);
  std::vector<std::string> names;
  for (auto const& gpu : node.gpus) names.push_back(field(gpu.name));
  std::ranges::sort(names);
  for (auto const& name : names) text += name;
  return text;
}

}  // namespace

std::string workload_key(Plan const& plan) {
  std::vector<std::string> lines;
  for (auto const& planned : plan.cases) lines.push_back(described(planned));
  return digest(plan.data.empty() ? "muster.workload.1 synthetic data" : "muster.workload.1 the user's data",
                lines);
}

std::string platform_key(Plan const& plan, std::vector<Node> const& nodes) {
  std::set<std::string> backends;
  for (auto const& planned : plan.cases) backends.insert(planned.backend);
  std::string head = "muster.platform.1 ";
  for (auto const& backend : backends) head += field(backend);
  std::vector<std::string> lines;
  for (auto const& node : nodes) lines.push_back(described(node));
  return digest(head, lines);
}

}  // namespace muster
