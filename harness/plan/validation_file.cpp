#include "harness/plan/validation_file.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <set>

#include "harness/core/error.hpp"
#include "harness/plan/cluster_file.hpp"
#include "harness/plan/find_config.hpp"
#include "harness/plan/published_series.hpp"
#include "harness/plan/sourced_table.hpp"
#include "harness/plan/spelling.hpp"
#include "harness/plan/table_reader.hpp"
#include "harness/plan/toml_file.hpp"

namespace muster {
namespace {

constexpr int most_gpus_of_node = 64, most_nics = 64;
constexpr Bounds link_rate{Dimension::byte_rate, 1e7, 1e14, "200Gb/s"};
constexpr Bounds capability{Dimension::number, 3, 30, "8.0"};
constexpr Bounds delay{Dimension::seconds, 0, 1, "0.2ms"};

/// A description's first scenario; its faults are one fault here.
Scenario like(At<std::string> const& name, std::filesystem::path const& clusters_folder, Faults& faults) {
  if (name.value.empty()) return {};
  try {
    auto const file = find_cluster(name.value, clusters_folder);
    Faults in_other(file);
    auto const cluster = read_cluster(file, in_other);
    in_other.throw_if_any();
    if (cluster.parts) return cluster.parts->scenarios.front();
    faults.add(
        name.line,
        fmt::format("like = '{}' has no parts (what are its nodes made of?) name one that says", name.value));
  } catch (Error const& error) {
    faults.add(name.line,
               fmt::format("like = '{}' cannot be followed ({}) correct the name", name.value, error.what()));
  }
  return {};
}

Scenario read_system(std::string const& name, toml::table const& source,
                     std::filesystem::path const& clusters_folder, Faults& faults) {
  TableReader const reader(source, "a system", faults);
  PartsDraft draft;
  draft.scenario = like(reader.text("like"), clusters_folder, faults);
  SourcedTable const table(source, "system." + name, "", faults, draft);
  table.only(
      {"like", "gpus", "nics", "nic_bandwidth", "nvlink", "cpu_vendor", "compute_capability", "noise"});
  auto& scenario = draft.scenario;
  scenario.name = name;
  table.whole("gpus", 1, most_gpus_of_node, scenario.gpus);
  table.whole("nics", 0, most_nics, scenario.node.nics);
  table.number("nic_bandwidth", link_rate, scenario.node.nic_bandwidth);
  table.number("nvlink", link_rate, scenario.gpu.nvlink_bandwidth);
  table.word("cpu_vendor", {"amd", "intel"}, scenario.node.cpu_vendor);
  table.number("compute_capability", capability, scenario.gpu.compute_capability);
  table.number("noise", delay, scenario.fabric.noise);
  if (scenario.node.nics > 0 && !(scenario.node.nic_bandwidth.value > 0))
    faults.add(line_of(source), fmt::format("[system.{}] has NICs without a rate (how fast are they?) add "
                                            "nic_bandwidth = \"200Gb/s\"",
                                            name));
  return scenario;
}

std::map<std::string, Scenario> read_systems(toml::table const& root,
                                             std::filesystem::path const& clusters_folder, Faults& faults) {
  std::map<std::string, Scenario> systems;
  auto const* node = root.get("system");
  auto const* list = node == nullptr ? nullptr : node->as_table();
  if (list == nullptr) {
    faults.add(node == nullptr ? 0 : line_of(*node),
               "no systems are described (what were the figures published of?) add tables [system.NAME]");
    return systems;
  }
  for (auto const& [name, system] : *list) {
    if (auto const* table = system.as_table()) {
      systems[std::string(name.str())] =
          read_system(std::string(name.str()), *table, clusters_folder, faults);
    } else {
      faults.add(line_of(system), fmt::format("system.{} is {} (use a table: [system.{}])", name.str(),
                                              kind_name(system), name.str()));
    }
  }
  return systems;
}

void read_all_series(toml::table const& root, std::map<std::string, Scenario> const& systems,
                     std::string const& source, Faults& faults, ValidationData& data) {
  auto const* node = root.get("series");
  auto const* list = node == nullptr ? nullptr : node->as_array();
  if (list == nullptr || !list->is_array_of_tables()) {
    faults.add(node == nullptr ? 0 : line_of(*node),
               "no series (which figures were published?) add tables [[series]] with points");
    return;
  }
  for (auto const& item : *list) {
    auto series = read_series(*item.as_table(), systems, faults);
    if (series.source.empty()) series.source = source;
    data.series.push_back(std::move(series));
  }
}

}  // namespace

void read_validation(std::filesystem::path const& file, std::filesystem::path const& clusters_folder,
                     Faults& faults, ValidationData& data) {
  auto const root = read_toml(file, "the published figures", faults);
  if (!root) return;
  TableReader const table(*root, "the published figures", faults);
  table.only({"name", "summary", "source", "system", "series"}, "remove or correct it");
  auto const source = table.text("source").value;
  if (source.empty()) faults.add(0, "the figures have no source (who published them?) add source = \"...\"");
  read_all_series(*root, read_systems(*root, clusters_folder, faults), source, faults, data);
  data.files.push_back(file.filename().string());
}

ValidationData read_validations(std::vector<std::filesystem::path> const& files,
                                std::filesystem::path const& clusters_folder) {
  ValidationData data;
  std::string reports;
  for (auto const& file : files) {
    Faults faults(file);
    read_validation(file, clusters_folder, faults, data);
    if (!faults.empty()) reports += (reports.empty() ? "" : "\n") + faults.report();
  }
  if (!reports.empty()) throw Error(ExitCode::usage, reports);
  return data;
}

std::vector<std::filesystem::path> validation_files(std::filesystem::path const& folder) {
  std::vector<std::filesystem::path> files;
  for (auto const& name : config_names(folder)) files.push_back(folder / (name + ".toml"));
  return files;
}

}  // namespace muster
