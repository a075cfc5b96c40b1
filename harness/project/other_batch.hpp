// A training step with another batch or other buckets than were measured.
#pragma once
#include <span>

#include "harness/core/premises.hpp"

namespace muster::project {

/// Of steps of one model with different batches: the step with `samples`. Times by the line through the two batches
/// nearest to it (t0 + s x samples: what a step takes whatever its batch, and a sample's share); of one batch alone in
/// proportion, which is optimistic for smaller ones. `steps` not empty.
StepPremise with_batch(std::span<StepPremise const> steps, double samples);

/// The same gradients in buckets of at most `bytes`, ready when their last gradients are.
std::vector<Bucket> rebucketed(std::vector<Bucket> const& buckets, double bytes);

}  // namespace muster::project
