#include "harness/plan/cluster_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "harness/plan/cluster_parts_reader.hpp"
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
  cluster.nodes = table.whole("count", 1, 1, most_cluster_nodes);
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

/// A description, and its parts as far as another one can go on from them.
struct ReadCluster {
  ClusterDescription cluster;
  PartsDraft draft;
};

/// Figures and parts of other descriptions; `depth` ends circles.
void read_alike(TableReader const& table, std::filesystem::path const& file, Faults& faults, int depth,
                ReadCluster& read);

std::vector<std::string> known_keys() {
  std::vector<std::string> keys{"name", "summary", "nodes", "like", "expect", "fact"};
  for (auto const& key : part_keys()) keys.push_back(key);
  return keys;
}

ReadCluster cluster_of(toml::table const& root, std::filesystem::path const& file, Faults& faults,
                       int depth) {
  TableReader const table(root, "the cluster", faults);
  table.only(known_keys(), "remove or correct it");
  ReadCluster read{{table.text("name").value, table.text("summary").value}, {}};
  auto& cluster = read.cluster;
  if (cluster.name.empty()) cluster.name = file.stem().string();
  auto const* nodes = table.get("nodes");
  if (nodes == nullptr) {
    faults.add(0, "the cluster has no nodes (nothing to plan for) add a table [nodes]");
  } else if (auto const* described = nodes->as_table()) {
    read_nodes(*described, faults, cluster);
  } else {
    table.wrong("nodes", *nodes, "a table: [nodes]");
  }
  read_alike(table, file, faults, depth, read);
  read_parts(root, faults, read.draft);
  cluster.parts = finish_parts(root, cluster, read.draft, faults);
  each_table(table, "expect",
             [&](toml::table const& one) { cluster.expectations.push_back(read_expectation(one, faults)); });
  each_table(table, "fact",
             [&](toml::table const& one) { cluster.facts.push_back(read_fact_limit(one, faults)); });
  return read;
}

/// What `other` has of figures and parts comes before what `read` gets itself.
void take_over(ReadCluster other, std::string const& name, ReadCluster& read) {
  auto& mine = read.cluster;
  auto const& theirs = other.cluster;
  mine.expectations.insert(mine.expectations.end(), theirs.expectations.begin(), theirs.expectations.end());
  mine.facts.insert(mine.facts.end(), theirs.facts.begin(), theirs.facts.end());
  if (other.draft.places.empty()) return;
  mark_as_of(name, other.draft);
  read.draft = std::move(other.draft);
}

void read_alike(TableReader const& table, std::filesystem::path const& file, Faults& faults, int depth,
                ReadCluster& read) {
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
    auto alike = root ? cluster_of(*root, other, in_other, depth + 1) : ReadCluster{};
    if (!in_other.empty())
      faults.add(line, fmt::format("like = '{}' has faults of its own (below) correct them: {}", name,
                                   on_one_line(in_other.report())));
    take_over(std::move(alike), other.filename().string(), read);
  }
}

/// Puts `value` at `key`: tables, such as those of two changes of `node`, into one another.
void merge(toml::table& into, std::string_view key, toml::node&& value) {
  auto* const there = into.get_as<toml::table>(key);
  auto* const more = value.as_table();
  if (there == nullptr || more == nullptr) {
    into.insert_or_assign(key, std::move(value));  // a copy would not know where it stood
    return;
  }
  for (auto&& [inner, one] : *more) merge(*there, inner.str(), std::move(one));
}

void add_scenario(AddedScenario const& added, toml::table& root, Faults& faults) {
  toml::table scenario{{"name", added.name}, {"summary", added.summary}, {"source", "assumed"}};
  for (auto const& line : added.lines) {
    try {
      for (auto& [key, value] : toml::parse(line, on_command_line))
        merge(scenario, key.str(), std::move(value));
    } catch (toml::parse_error const& error) {
      faults.add(0, fmt::format("'{}' is no change of a description ({}) write KEY = VALUE, such as node.nics = 4",
                                line, error.description()));
    }
  }
  if (root["scenario"].is_array_of_tables()) {
    root["scenario"].as_array()->push_back(std::move(scenario));
  } else {
    root.insert_or_assign("scenario", toml::array{std::move(scenario)});
  }
}

}  // namespace

std::filesystem::path find_cluster(std::string const& name_or_path,
                                   std::filesystem::path const& clusters_folder) {
  return find_config("cluster", name_or_path, clusters_folder);
}

ClusterDescription read_cluster(std::filesystem::path const& file, Faults& faults) {
  return read_cluster(file, {}, faults, faults);
}

ClusterDescription read_cluster(std::filesystem::path const& file, std::vector<AddedScenario> const& added,
                                Faults& faults, Faults& added_faults) {
  auto root = read_toml(file, "the cluster", faults);
  if (!root) return {};
  auto described = cluster_of(*root, file, faults, 0).cluster;
  if (added.empty() || !faults.empty()) return described;
  Faults in_added(file);
  for (auto const& scenario : added) add_scenario(scenario, *root, in_added);
  if (in_added.empty()) described = cluster_of(*root, file, in_added, 0).cluster;
  added_faults.add_without_lines(in_added);
  return described;
}

}  // namespace muster
