// A described cluster, configs/clusters/*.toml. The format is described in configs/README.md.
#pragma once
#include <filesystem>
#include <string>

#include "harness/plan/faults.hpp"

namespace muster {

struct ClusterDescription {
  std::string name, summary;
  int nodes = 1;
  int gpus = 0;          ///< on each node
  std::string gpu{};     ///< their model; "" where there are none
  std::string source{};  ///< of these figures: what is not measured here has one
};

/// A cluster by name, or a path to a TOML file. Throws Error(usage) naming the clusters there are.
std::filesystem::path find_cluster(std::string const& name_or_path,
                                   std::filesystem::path const& clusters_folder);

/// Adds what is wrong to `faults`. Throws Error(usage) when the file cannot be read at all.
ClusterDescription read_cluster(std::filesystem::path const& file, Faults& faults);

}  // namespace muster
