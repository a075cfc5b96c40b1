// What a described cluster is made of: [gpu], [node], [fabric], [storage], [failures], its scenarios, and
// what was claimed of it. The keys are explained in configs/README.md.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "harness/core/cluster_description.hpp"
#include "harness/plan/faults.hpp"
#include "harness/plan/sourced_table.hpp"

namespace muster {

/// Those of a description's keys that are read here.
std::vector<std::string> part_keys();

/// Reads the parts over what `draft` has of them already: those of descriptions that this one is like.
void read_parts(toml::table const& root, Faults& faults, PartsDraft& draft);

/// Notes in `draft`, which another description then goes on from, that it is of `file`.
void mark_as_of(std::string const& file, PartsDraft& draft);

/// The draft as its first scenario, and the others; absent where nothing is said of any part. What
/// contradicts something else, in any scenario, is a fault that names both lines.
std::optional<ClusterParts> finish_parts(toml::table const& root, ClusterDescription const& cluster,
                                         PartsDraft draft, Faults& faults);

}  // namespace muster
