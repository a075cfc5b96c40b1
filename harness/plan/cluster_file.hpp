// A described cluster, configs/clusters/*.toml. The format is described in configs/README.md.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "harness/core/cluster_description.hpp"
#include "harness/plan/faults.hpp"

namespace muster {

/// A cluster by name, or a path to a TOML file. Throws Error(usage) naming the clusters there are.
std::filesystem::path find_cluster(std::string const& name_or_path,
                                   std::filesystem::path const& clusters_folder);

/// Adds what is wrong to `faults`. Throws Error(usage) when the file cannot be read at all. Figures of the
/// descriptions that it names in `like` come first, and their parts are taken over key by key where it has
/// none of its own; these stand in the same folder. With several, parts are of the last that has any.
ClusterDescription read_cluster(std::filesystem::path const& file, Faults& faults);

/// A further scenario of a description: what its lines would be in a table [[scenario]]: "node.nics = 4".
struct AddedScenario {
  std::string name, summary;
  std::vector<std::string> lines;
};

/// The same with scenarios that its file does not have. Faults of their lines name the line.
ClusterDescription read_cluster(std::filesystem::path const& file, std::vector<AddedScenario> const& added,
                                Faults& faults);

}  // namespace muster
