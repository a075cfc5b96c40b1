// A projection as values: what a described cluster would do. PROJECTED, not measured. project/ makes it,
// record/ and report/ show it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/band.hpp"
#include "harness/core/cluster_parts.hpp"
#include "harness/core/premises.hpp"
#include "harness/core/simulation.hpp"

namespace muster::project {

enum class Limit { compute, communication, storage, stragglers, failures, unexplained };
inline std::string_view word(Limit limit) {
  switch (limit) {
    case Limit::compute:
      return "compute";
    case Limit::communication:
      return "communication";
    case Limit::storage:
      return "storage";
    case Limit::stragglers:
      return "stragglers";
    case Limit::failures:
      return "failures";
    case Limit::unexplained:
      return "unexplained";
  }
  return "";
}

/// Where a step's time goes, in seconds; the parts add up to `seconds`.
struct StepTerms {
  double compute = 0;        ///< forward, backward and optimiser of a median GPU, slowed by sums beside it
  double tensor = 0;         ///< sums inside the node that compute waits for
  double communication = 0;  ///< exposed sums of gradients
  double stragglers = 0;     ///< waited for the slowest of all ranks
  double noise = 0;          ///< lost to others' traffic and daemons
  double input = 0;          ///< waited for storage
  double unexplained = 0;    ///< what larger systems were found to take beyond all that the model knows
  double rest = 0;           ///< what the measured step held beyond all of these: preparing input, launches
  double seconds = 0;
  double sums = 0;               ///< all sums of gradients, hidden or not; not one of the parts
  double storage_demand = 0;     ///< B/s of all nodes, if storage were no limit; not one of the parts
  Limit limit = Limit::compute;  ///< storage where it is waited for, else the largest part
};

/// s of a step that a cause takes; failures are no part of a step.
inline double seconds_of(Limit cause, StepTerms const& terms) {
  switch (cause) {
    case Limit::compute:
      return terms.compute + terms.rest;
    case Limit::communication:
      return terms.tensor + terms.communication;
    case Limit::storage:
      return terms.input;
    case Limit::stragglers:
      return terms.stragglers + terms.noise;
    case Limit::unexplained:
      return terms.unexplained;
    case Limit::failures:
      return 0;
  }
  return 0;
}

inline constexpr int model_version = 2;  ///< changes whenever the same input projects to other figures

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
  double extrapolation = 1;        ///< ranks over measured ones
};

/// What a premise's step was on the nodes that it ran on: not projected, beside the curve.
struct MeasuredStep {
  std::string workload, scenario;  ///< scenario: what it is taken to be from
  std::string kind = "measured";   ///< as Origin::kind
  int nodes = 1, ranks = 1;
  double step = 0;  ///< s, median over launches
  double rate = 0;  ///< samples/s of all ranks
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

/// Where half is lost: the fewest nodes at which a cause takes at least half of the time. 0: not with as many
/// as were searched, which says nothing of more.
struct HalfLost {
  std::string workload, scenario;
  Limit cause = Limit::communication;
  int nodes = 0;
  int searched = 0;     ///< nodes up to which it was looked for
  bool beyond = false;  ///< so many nodes are more than the scenario has
};

/// The fewest nodes with which a workload reaches a rate.
struct Goal {
  std::string workload, scenario;
  double rate = 0;          ///< samples/s that are asked for
  int least = 0, most = 0;  ///< nodes with which p90 and p10 of the useful rate reach it; 0: not with all
  int nodes = 0;            ///< with which its middle does; 0: not with all of the cluster's
};

/// What was asked for beyond the description and the results; "", 0 and none where nothing was.
struct Asked {
  std::string gpu{};  ///< of results that name none
  double batch = 0;   ///< samples of a GPU and step
  std::string bucket{};
  std::vector<std::string> changes{};  ///< "node.nics=4"
};

struct Projection {
  std::string cluster, summary, announcement{};
  std::string cluster_sha256{};  ///< of the description's file
  Asked asked{};
  Premises premises;
  std::uint64_t seed = 0;
  int draws = 0;
  std::vector<Scenario> scenarios;
  std::vector<ProjectedStep> steps;
  std::vector<MeasuredStep> measured{};
  std::vector<ProjectedFigure> figures;
  std::vector<Comparison> comparisons;
  std::vector<Sensitivity> sensitivities;
  std::vector<HalfLost> half_lost;
  std::vector<Goal> goals{};
  std::vector<Simulation> simulations{};  ///< none unless asked for
  std::vector<std::string> warnings;      ///< "problem (why) remedy"
};

}  // namespace muster::project
