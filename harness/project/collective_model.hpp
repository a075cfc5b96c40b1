// How long all-reduces take on a scenario's nodes: NCCL's estimate, held against what was measured.
#pragma once
#include <span>

#include "harness/core/premises.hpp"
#include "harness/project/nccl_model.hpp"

namespace muster::project {

/// What measurements say of the estimates, inside nodes and between them.
struct Calibration {
  double inside = 1, between = 1;                      ///< measured over estimated, median over sizes
  double inside_spread = 0.05, between_spread = 0.25;  ///< of the logarithm, one standard deviation
  int measured_nodes = 1;                              ///< most nodes that a measured sum had
  bool between_measured = false;                       ///< else terms between nodes are assumed
};

class CollectiveModel {
 public:
  CollectiveModel(Scenario scenario, std::span<CollectivePoint const> measured);

  /// s of a sum of `bytes` over `nodes` with `gpus` of each; `pull`: standard deviations off the middle
  /// (a draw; > 0 is slower). Caches nothing: safe to call from several threads.
  double all_reduce(double bytes, int nodes, int gpus, double pull = 0) const;
  Estimate choice(double bytes, int nodes, int gpus) const;
  Calibration const& calibration() const { return calibration_; }

 private:
  Scenario scenario_;
  Calibration calibration_;
};

}  // namespace muster::project
