// Premises out of a published figure: how long a GPU computes, so that the model gives the figure back.
#pragma once
#include "harness/core/published.hpp"
#include "harness/project/step_model.hpp"

namespace muster::project {

/// The system as large as `point` has it; with `noise` s of late nodes where its description says nothing.
Scenario system_of(PublishedSeries const& series, PublishedPoint const& point, double noise);

/// A step of `point`'s batches on a GPU that computes `batch` s for one of them: a third of it forwards, two
/// thirds backwards. Gradients are summed in pieces of 25 MiB (PyTorch's default, S. Li et al., VLDB 2020),
/// at most 32. Fully sharded training (Y. Zhao et al., "PyTorch FSDP", VLDB 2023) sums in every batch, spread
/// evenly over it: gathering parameters takes half an all-reduce, forwards and, where they are sharded,
/// backwards again; scattering gradients another half. `from`: what was measured, so many ranks' slowest one
/// is in its times already.
StepPremise step_of(PublishedSeries const& series, PublishedPoint const& point, PublishedPoint const& from,
                    double batch);

/// s of `point`'s step with that compute.
double predicted_seconds(PublishedSeries const& series, PublishedPoint const& point,
                         PublishedPoint const& from, double batch, double noise, Draw const& draw);

/// The compute time of a batch with which the model gives `seconds` for `point`. Where everything else takes
/// longer than that already, a hundredth of the step.
double solve_batch(PublishedSeries const& series, PublishedPoint const& point, double seconds, double noise,
                   Draw const& draw);

}  // namespace muster::project
