// What a scenario's whole cluster comes to, beside training.
#pragma once
#include <optional>
#include <vector>

#include "harness/core/datasheets.hpp"
#include "harness/core/projection.hpp"
#include "harness/project/collective_model.hpp"
#include "harness/project/curve.hpp"

namespace muster::project {

/// One scenario, as figures need it.
struct FigureBasis {
  Premises const& premises;
  Scenario const& scenario;
  CollectiveModel const& sums;
  Basis const& basis;
  Datasheet const* other_gpu = nullptr;  ///< that was measured, where it is not the described one
};

/// Data sheets' peaks, what was measured on one GPU for all of them, a large sum, storage, Linpack and its
/// ranks and start-up (of A100 alone: nothing else was published), failures, power; those that nothing is
/// known of are left out.
std::vector<ProjectedFigure> cluster_figures(FigureBasis const& of);

}  // namespace muster::project
