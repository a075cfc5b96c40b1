// A described cluster, configs/clusters/*.toml. The format is described in configs/README.md.
#pragma once
#include <filesystem>
#include <string>

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

}  // namespace muster
