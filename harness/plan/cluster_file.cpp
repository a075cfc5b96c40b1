#include "harness/plan/cluster_file.hpp"

#include "harness/plan/find_config.hpp"
#include "harness/plan/table_reader.hpp"
#include "harness/plan/toml_file.hpp"

namespace muster {
namespace {

void read_nodes(toml::table const& source, Faults& faults, ClusterDescription& cluster) {
  TableReader const table(source, "the nodes", faults);
  table.only({"count", "gpus", "gpu", "source"}, "remove or correct it");
  cluster.nodes = table.whole("count", 1, 1, 100'000);
  cluster.gpus = table.whole("gpus", 0, 0, 64);
  cluster.gpu = table.text("gpu").value;
  cluster.source = table.text("source").value;
  if (table.get("count") == nullptr)
    faults.add(line_of(source), "the nodes have no count (how many are they?) add count = NUMBER");
  if (cluster.source.empty())
    faults.add(line_of(source),
               "the nodes have no source (who says so?) add source = \"...\", or \"assumed\"");
}

ClusterDescription cluster_of(toml::table const& root, std::filesystem::path const& file, Faults& faults) {
  TableReader const table(root, "the cluster", faults);
  table.only({"name", "summary", "nodes"}, "remove or correct it");
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
  return cluster;
}

}  // namespace

std::filesystem::path find_cluster(std::string const& name_or_path,
                                   std::filesystem::path const& clusters_folder) {
  return find_config("cluster", name_or_path, clusters_folder);
}

ClusterDescription read_cluster(std::filesystem::path const& file, Faults& faults) {
  auto const root = read_toml(file, "the cluster", faults);
  return root ? cluster_of(*root, file, faults) : ClusterDescription{};
}

}  // namespace muster
