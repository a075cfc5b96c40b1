// What a projection is asked to change: of the cluster's description, and of the training steps.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/core/cluster_description.hpp"
#include "harness/plan/cluster_file.hpp"
#include "harness/core/premises.hpp"

namespace muster {

/// One scenario, "what if", of all changes "KEY=VALUE"; none where there are none. Values that are no numbers need
/// no quotes. Throws Error(usage) for what is no such change.
std::vector<AddedScenario> added_scenarios(std::vector<std::string> const& changes);

/// Leaves the scenarios of these names, and one that was added; all where `names` is empty. Results stay taken to be
/// from the description as it stands. Throws Error(usage)
/// naming those there are.
void keep_scenarios(std::vector<std::string> const& names, ClusterDescription& cluster);

/// Throws Error(usage) where nothing is known of a GPU of that name: no data sheet, and the cluster has
/// others.
void check_gpu(std::string const& name, ClusterDescription const& cluster);

struct StepChanges {
  std::optional<std::int64_t> batch{};  ///< samples of a GPU and step
  std::string bucket{};                 ///< size of gradients' buckets, "25MiB"; "": as measured
};

/// Makes other steps of those measured: between and beyond two batches of one model by a line through them,
/// from a single one in proportion, which is noted among what is missing. Throws Error(usage) for a size that
/// is none, is below 64 KiB or makes more than 4,096 buckets of a step.
void change_steps(StepChanges const& changes, project::Premises& premises);

}  // namespace muster
