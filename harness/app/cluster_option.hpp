// --cluster: what a machine should reach.
#pragma once
#include <optional>
#include <string>

#include "harness/core/cluster_description.hpp"

namespace muster {

/// A file, or a name in the clusters' folder; absent for "". Throws Error(usage) where there is none or it is
/// broken.
std::optional<ClusterDescription> described(std::string const& name);

}  // namespace muster
