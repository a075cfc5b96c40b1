// Single cases of a document as premises.
#pragma once
#include <optional>
#include <string_view>

#include "harness/core/document.hpp"
#include "harness/core/premises.hpp"

namespace muster::project {

/// The value of a figure of that name; absent where the case has none.
std::optional<double> figure(CaseResult const& result, std::string_view name);

/// How many nodes a case's ranks were on.
int nodes_of(CaseResult const& result, Document const& document);

/// A case of `train_step`. Absent where it is not ok, has no time of its parts, reads its network wrongly, or
/// is a variant of another case (no overlap, no input, a recorded step, checkpoints): `variant` says of which
/// kind.
std::optional<StepPremise> step_premise(CaseResult const& result, Document const& document);

/// Does the case differ from what is usually run, so that the usual one stands for it?
bool is_variant(CaseResult const& result);

/// A sum over all ranks. Absent for other collectives, groups, types of timing.
std::optional<CollectivePoint> collective_point(CaseResult const& result, Document const& document);

/// Rates of every GPU, of products of 16-bit numbers, of fp64 ones, and of memory kernels.
std::optional<DevicePremise> device_premise(CaseResult const& result);

/// Reads of a node from storage, of all its ranks.
std::optional<StoragePremise> storage_premise(CaseResult const& result, Document const& document);

}  // namespace muster::project
