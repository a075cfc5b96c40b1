// What a described cluster would do. PROJECTED, not measured.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "harness/core/cluster_description.hpp"
#include "harness/project/band.hpp"
#include "harness/project/premises.hpp"
#include "harness/project/step_model.hpp"

namespace muster::project {

inline constexpr int model_version = 1;  ///< changes whenever the same input projects to other figures

/// One workload on one number of nodes of one scenario.
struct ProjectedStep {
  std::string workload, scenario;
  int nodes = 1;
  Band step;         ///< s
  Band rate;         ///< samples/s of all
  Band efficiency;   ///< rate over nodes x that of one GPU alone
  Band goodput;      ///< share of time that is neither redone nor spent on checkpoints and restarts
  Band useful_rate;  ///< rate x goodput
  Band joules;       ///< per sample; all 0 where power is unknown
  StepTerms terms;   ///< of the middle draw
  double checkpoint_interval = 0;  ///< s, the best; 0: no failures described
  double extrapolation = 1;        ///< nodes over measured ones
  bool measured = false;           ///< is the premise itself
};

/// What everything but training comes to on the whole cluster (or fewer nodes).
struct ProjectedFigure {
  std::string name, unit,
      scenario;  ///< "peak_fp16", "gemm_rate", "storage_bandwidth", "hpl_rate", "start_up", "mtbf", ...
  int nodes = 1;
  Band band;
  std::string note{};
};

/// A claim beside what comes out here.
struct Comparison {
  Claim claim;
  std::vector<ProjectedFigure> ours;  ///< one a scenario
  std::string finding;  ///< in words: "1.80 EFLOP/s is the data sheet's peak: 720 x 8 x 312 TFLOP/s"
};

/// How far the answer (useful rate on all nodes) moves when one assumption goes from its p10 to its p90, or
/// to another scenario's value.
struct Sensitivity {
  std::string workload, scenario, assumption;
  double low = 0, high = 0;  ///< relative to the middle, -0.1: 10 % less
};

/// Where half is lost: the fewest nodes at which a cause takes at least half of the time. 0: never up to the
/// limit searched.
struct HalfLost {
  std::string workload, scenario;
  Limit cause = Limit::communication;
  int nodes = 0;
};

struct Projection {
  std::string cluster, summary, announcement{};
  Premises premises;
  std::uint64_t seed = 0;
  int draws = 0;
  std::vector<Scenario> scenarios;
  std::vector<ProjectedStep> steps;
  std::vector<ProjectedFigure> figures;
  std::vector<Comparison> comparisons;
  std::vector<Sensitivity> sensitivities;
  std::vector<HalfLost> half_lost;
  std::vector<std::string> warnings;  ///< "problem (why) remedy"
};

struct ProjectOptions {
  std::vector<int> nodes{};  ///< empty: 1, 2, 4, ... and all of the cluster's
  int draws = 400;
  std::uint64_t seed = 1;
};

/// Throws Error(usage) naming every fault where premises and cluster cannot be joined (no training step,
/// ...).
Projection project(Premises const& premises, ClusterDescription const& cluster,
                   ProjectOptions const& options);

}  // namespace muster::project
