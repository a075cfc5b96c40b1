#include "harness/analyze/environment_differences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "harness/analyze/sides.hpp"
#include "harness/core/counted.hpp"

namespace muster {
namespace {

/// A subject's values, and on how many nodes, devices or runs each was found.
using Values = std::map<std::string, int>;

/// Subjects in the order first seen.
class Inventory {
 public:
  Values& operator[](std::string const& subject) {
    auto const [found, fresh] = places_.try_emplace(subject, list_.size());
    if (fresh) list_.emplace_back(subject, Values{});
    return list_[found->second].second;
  }
  std::vector<std::pair<std::string, Values>> const& all() const { return list_; }
  Values const& at(std::string const& subject) const {
    static Values const none;
    auto const found = places_.find(subject);
    return found == places_.end() ? none : list_[found->second].second;
  }
  bool has(std::string const& subject) const { return places_.contains(subject); }

 private:
  std::map<std::string, std::size_t> places_;
  std::vector<std::pair<std::string, Values>> list_;
};

constexpr std::array<std::string_view, 6> parts_own{"serial",    "uuid",          "nearest_cpus",
                                                    "telemetry", "power_reading", "board_id"};

bool is_of_one_part(std::string_view name) { return std::ranges::find(parts_own, name) != parts_own.end(); }

/// Of one node, in whatever order they are there.
void add_parts(Inventory& inventory, std::string const& subject, std::vector<std::string> parts) {
  std::ranges::sort(parts);
  if (!parts.empty()) ++inventory[subject][counted_things(parts)];
}

void add_gpus(Inventory& inventory, Node const& node) {
  std::vector<std::string> models;
  for (auto const& gpu : node.gpus) models.push_back(gpu.name);
  add_parts(inventory, "GPUs of a node", std::move(models));
  for (auto const& gpu : node.gpus) {
    for (auto const& [name, value] : gpu.facts) {
      if (!is_of_one_part(name)) ++inventory["GPU " + name][value];
    }
  }
}

void add_cpu(Inventory& inventory, Cpu const& cpu) {
  ++inventory["CPUs of a node"][fmt::format("{}, {} sockets, {} cores, {} threads, {} usable", cpu.model,
                                            cpu.sockets, cpu.cores, cpu.threads, cpu.usable)];
  if (!cpu.governor.empty()) ++inventory["CPU governor"][cpu.governor];
}

void add_network(Inventory& inventory, Node const& node) {
  std::vector<std::string> interfaces, firmware;
  for (auto const& nic : node.nics) {
    interfaces.push_back(nic.bits_per_second > 0 ? fmt::format("{} ({}, {:g} Gbit/s)", nic.fabric, nic.driver,
                                                               nic.bits_per_second / 1e9)
                                                 : fmt::format("{} ({})", nic.fabric, nic.driver));
    if (!nic.firmware.empty()) firmware.push_back(fmt::format("{} {}", nic.driver, nic.firmware));
  }
  add_parts(inventory, "network interfaces of a node", std::move(interfaces));
  add_parts(inventory, "NIC firmware of a node", std::move(firmware));
}

void add_node(Inventory& inventory, Node const& node) {
  add_gpus(inventory, node);
  add_cpu(inventory, node.cpu);
  for (auto const& [name, value] : node.software) ++inventory[name][value];
  add_network(inventory, node);
  for (auto const& storage : node.storage) {
    if (storage.use == "results") continue;
    ++inventory["storage for " + storage.use]
               [storage.filesystem + (storage.device_model.empty() ? "" : " on " + storage.device_model)];
  }
  for (auto const& [name, value] : node.env) {
    if (!name.starts_with("SLURM_JOB_")) ++inventory["variable " + name][value];
  }
}

void add_run(Inventory& inventory, Document const& document) {
  auto const& run = document.run;
  ++inventory["backend"][run.backend];
  for (auto const& node : document.nodes) add_node(inventory, node);
  ++inventory["suite"][run.config_sha256.empty()
                           ? run.suite
                           : fmt::format("{} ({})", run.suite, run.config_sha256.substr(0, 12))];
  ++inventory["started by"][run.launcher];
  ++inventory["seed"][std::to_string(run.seed)];
  ++inventory["muster"][fmt::format("{} ({}{})", run.version, run.commit, run.dirty ? " with changes" : "")];
  if (!document.comparability_workload.empty())
    ++inventory["planned work"][document.comparability_workload.substr(0, 12)];
}

Inventory inventory_of(Side const& side) {
  Inventory inventory;
  for (auto const& run : side.runs) add_run(inventory, *run.document);
  return inventory;
}

std::string words_of(Values const& values) {
  if (values.empty()) return "not known";
  if (values.size() == 1) return values.begin()->first;
  int all = 0;
  for (auto const& [value, count] : values) all += count;
  std::string text;
  for (auto const& [value, count] : values)
    text += fmt::format("{}{} ({} of {})", text.empty() ? "" : ", ", value, count, all);
  return text;
}

bool same_values(Values const& a, Values const& b) {
  return std::ranges::equal(a, b, {}, &Values::value_type::first, &Values::value_type::first);
}

bool on_gpus(Side const& side) {
  return std::ranges::any_of(side.runs, [](auto const& run) { return run.document->run.backend == "cuda"; });
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool blocks(std::string const& subject, bool gpus) {
  if (subject == "backend") return true;
  if (!gpus) return subject == "CPUs of a node";
  auto const name = lower(subject);
  return subject == "GPUs of a node" || name == "gpu ecc" || name == "gpu mig";
}

std::string node_words(std::vector<std::string> const& names, std::size_t common) {
  constexpr std::size_t few = 4;
  if (names.size() > few) return fmt::format("{} nodes, {} of them in both", names.size(), common);
  return fmt::format("{}", fmt::join(names, ", "));
}

void add_nodes(std::vector<EnvironmentDifference>& list, Side const& base, Side const& candidate) {
  auto const a = node_names(base), b = node_names(candidate);
  if (a == b) return;
  std::vector<std::string> common;
  std::ranges::set_intersection(a, b, std::back_inserter(common));
  list.push_back({"nodes", node_words(a, common.size()), node_words(b, common.size())});
}

void add_coverage(std::vector<std::string>& notes, std::string const& label, Document const& document) {
  if (!document.coverage || document.coverage->excluded.empty()) return;
  notes.push_back(fmt::format("{}: {} of {} nodes were left out", label, document.coverage->excluded.size(),
                              document.coverage->planned));
}

void add_run_notes(std::vector<std::string>& notes, std::string const& label, Document const& document) {
  auto const& run = document.run;
  if (run.status != RunStatus::complete)
    notes.push_back(fmt::format("{}: run {} is {}, not complete", label, run.id, name(run.status)));
  if (run.oversubscribed)
    notes.push_back(
        fmt::format("{}: run {} was oversubscribed; none of its figures is clean", label, run.id));
  add_coverage(notes, label, document);
  auto const tainted =
      std::ranges::count_if(document.cases, [](auto const& c) { return !c.tainted.empty(); });
  if (tainted > 0)
    notes.push_back(
        fmt::format("{}: {} of {} cases of run {} are tainted (throttled, memory errors or other "
                    "processes)",
                    label, tainted, document.cases.size(), run.id));
}

void add_side_notes(std::vector<std::string>& notes, Side const& side) {
  if (side.runs.size() > 1)
    notes.push_back(
        fmt::format("{}: launches of {} runs are pooled; what differs from run to run counts as "
                    "differing from launch to launch",
                    side.label, side.runs.size()));
  for (auto const& run : side.runs) {
    for (auto const& note : run.notes) notes.push_back(side.label + ": " + note);
    add_run_notes(notes, side.label, *run.document);
  }
}

}  // namespace

std::vector<EnvironmentDifference> environment_differences(Side const& base, Side const& candidate) {
  auto const a = inventory_of(base), b = inventory_of(candidate);
  bool const gpus = on_gpus(base) || on_gpus(candidate);
  std::vector<EnvironmentDifference> list;
  auto const add = [&](std::string const& subject) {
    auto const &own = a.at(subject), &other = b.at(subject);
    if (!same_values(own, other))
      list.push_back({subject, words_of(own), words_of(other), blocks(subject, gpus)});
  };
  for (auto const& [subject, values] : a.all()) add(subject);
  for (auto const& [subject, values] : b.all()) {
    if (!a.has(subject)) add(subject);
  }
  add_nodes(list, base, candidate);
  std::stable_partition(list.begin(), list.end(), std::mem_fn(&EnvironmentDifference::blocks));
  return list;
}

std::vector<std::string> quality_notes(Side const& base, Side const& candidate) {
  std::vector<std::string> notes;
  add_side_notes(notes, base);
  add_side_notes(notes, candidate);
  return notes;
}

}  // namespace muster
