#include "harness/plan/cluster_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "harness/plan/expectation_reader.hpp"
#include "harness/plan/find_config.hpp"
#include "harness/plan/spelling.hpp"
#include "harness/plan/table_reader.hpp"
#include "harness/plan/toml_file.hpp"

namespace muster {
namespace {

constexpr int deepest_likeness = 4;

void read_nodes(toml::table const& source, Faults& faults, ClusterDescription& cluster) {
  TableReader const table(source, "the nodes", faults);
  table.only({"count", "gpus", "gpu", "source"}, "remove or correct it");
  cluster.nodes = table.whole("count", 1, 1, 100'000);
  cluster.gpus = table.whole("gpus", 0, 0, 64);
  auto const models = table.texts("gpu");
  for (auto const& [model, line] : models)
    (cluster.gpu.empty() ? cluster.gpu : cluster.other_names.emplace_back()) = model;
  cluster.source = table.text("source").value;
  if (table.get("count") == nullptr)
    faults.add(line_of(source), "the nodes have no count (how many are they?) add count = NUMBER");
  if (cluster.source.empty())
    faults.add(line_of(source),
               "the nodes have no source (who says so?) add source = \"...\", or \"assumed\"");
}

std::string on_one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

/// Calls `read` with every table of [[key]].
template <class F>
void each_table(TableReader const& table, char const* key, F const& read) {
  auto const* list = table.get(key);
  if (list == nullptr) return;
  auto const* array = list->as_array();
  if (array == nullptr || !array->is_array_of_tables())
    return table.wrong(key, *list, fmt::format("tables: [[{}]]", key));
  for (auto const& item : *array) read(*item.as_table());
}

/// Figures of other descriptions; `depth` ends circles.
void read_alike(TableReader const& table, std::filesystem::path const& file, Faults& faults, int depth,
                ClusterDescription& cluster);

ClusterDescription cluster_of(toml::table const& root, std::filesystem::path const& file, Faults& faults,
                              int depth) {
  TableReader const table(root, "the cluster", faults);
  table.only({"name", "summary", "nodes", "like", "expect", "fact"}, "remove or correct it");
  ClusterDescription cluster{table.text("name").value, table.text("summary").value};
  if (cluster.name.empty()) cluster.name = file.stem().string();
  auto const* nodes = table.get("nodes");
  if (nodes == nullptr) {
    faults.add(0, "the cluster has no nodes (nothing to plan for) add a table [nodes]");
  } else if (auto const* described = nodes->as_table()) {
    read_nodes(*described, faults, cluster);
  } else {
    table.wrong("nodes", *nodes, "a table: [nodes]");
  }
  read_alike(table, file, faults, depth, cluster);
  each_table(table, "expect",
             [&](toml::table const& one) { cluster.expectations.push_back(read_expectation(one, faults)); });
  each_table(table, "fact",
             [&](toml::table const& one) { cluster.facts.push_back(read_fact_limit(one, faults)); });
  return cluster;
}

void read_alike(TableReader const& table, std::filesystem::path const& file, Faults& faults, int depth,
                ClusterDescription& cluster) {
  for (auto const& [name, line] : table.texts("like")) {
    auto const other = file.parent_path() / (name + ".toml");
    std::error_code failed;
    bool const plain = name.find('/') == std::string::npos;
    if (!plain || !std::filesystem::is_regular_file(other, failed) || depth == deepest_likeness) {
      faults.add(line, fmt::format("like = '{}' cannot be followed ({}) {}", name,
                                   depth == deepest_likeness ? "descriptions that name each other"
                                                             : "no such description beside this one",
                                   suggestion(name, config_names(file.parent_path()))));
      continue;
    }
    Faults in_other(other);
    auto const root = read_toml(other, "the cluster", in_other);
    auto const read = root ? cluster_of(*root, other, in_other, depth + 1) : ClusterDescription{};
    if (!in_other.empty())
      faults.add(line, fmt::format("like = '{}' has faults of its own (below) correct them: {}", name,
                                   on_one_line(in_other.report())));
    cluster.expectations.insert(cluster.expectations.end(), read.expectations.begin(),
                                read.expectations.end());
    cluster.facts.insert(cluster.facts.end(), read.facts.begin(), read.facts.end());
  }
}

}  // namespace

std::filesystem::path find_cluster(std::string const& name_or_path,
                                   std::filesystem::path const& clusters_folder) {
  return find_config("cluster", name_or_path, clusters_folder);
}

ClusterDescription read_cluster(std::filesystem::path const& file, Faults& faults) {
  auto const root = read_toml(file, "the cluster", faults);
  return root ? cluster_of(*root, file, faults, 0) : ClusterDescription{};
}

}  // namespace muster
