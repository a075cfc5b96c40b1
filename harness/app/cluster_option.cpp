#include "harness/app/cluster_option.hpp"

#include "harness/app/paths.hpp"
#include "harness/plan/cluster_file.hpp"
#include "harness/plan/find_config.hpp"

namespace muster {

std::optional<ClusterDescription> described(std::string const& name) {
  if (name.empty()) return std::nullopt;
  auto const file = find_cluster(name, configs_folder() / "clusters");
  Faults faults(file);
  auto cluster = read_cluster(file, faults);
  faults.throw_if_any();
  return cluster;
}

}  // namespace muster
