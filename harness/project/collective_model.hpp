// How long all-reduces take on a scenario's nodes: NCCL's estimate, held against what was measured.
//
// NCCL chooses algorithm and protocol by its own estimate; what the chosen one takes is that estimate times
// what measured sums of the same algorithm took over theirs, by size and number of nodes (RatioCurves). A
// measured sum whose algorithm is not known counts as the one that NCCL would have chosen. An algorithm that
// was never measured takes what all others together say, and is less sure. Where no sum between nodes was
// measured, what a node's own sum takes beyond its estimate (launch, half-full channels) is added as it is,
// in seconds, and terms between nodes are assumed.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "harness/core/premises.hpp"
#include "harness/project/nccl_model.hpp"
#include "harness/project/ratio_curves.hpp"

namespace muster::project {

/// Standard deviations of a time's logarithm. Floors: what sums on nodes of one kind differ by among owners,
/// which one owner's measurements cannot show. 8 x A100 in one node, five published systems: 228.1 to 231.4
/// GB/s at 1 GiB (0.6 %), four: 194 to 224 at 256 MiB (6 %). 2 nodes, 4 x 200 Gb/s, three: 86, 91, 97 (6 %).
/// Assumed ones stand where measurements do not tell: the uncalibrated model is off by 2 to 4 % in one node
/// at 256 MiB and more, and between nodes by 1 to 16 % on systems in order and 25 to 60 % on badly set ones
/// (tests/unit/nccl_model_test.cpp).
inline constexpr double inside_spread_floor = 0.03, between_spread_floor = 0.06;
inline constexpr double inside_spread_assumed = 0.10, between_spread_assumed = 0.25;
/// More for each doubling beyond the measured nodes (assumed; 248 nodes of H200 are 3 % below the
/// uncalibrated estimate), and for an algorithm that was not measured among those that were (assumed: trees
/// are the less sure).
inline constexpr double growth_floor = 0.015, growth_assumed = 0.03, other_algorithm_spread = 0.10;
/// However many doublings: a factor of e either way.
inline constexpr double most_growth = 1;

/// What measurements say of the estimates, inside nodes and between them.
struct Calibration {
  double inside = 1, between = 1;  ///< measured over estimated on the most nodes, RatioCurves::median_log
  double inside_spread = inside_spread_assumed;    ///< of the logarithm, one standard deviation
  double between_spread = between_spread_assumed;  ///< on as many nodes as were measured
  double growth = growth_assumed;                  ///< added to it for each doubling of nodes beyond
  int measured_nodes = 1;                          ///< most nodes that a measured sum had
  bool inside_measured = false;
  bool between_measured = false;  ///< else terms between nodes are assumed
};

class CollectiveModel {
 public:
  /// `measured` on nodes like the scenario's. Throws Error(usage) where the scenario's GPUs have no model of
  /// sums, and naming every measured sum that cannot be (0 B, 0 s, ...).
  CollectiveModel(Scenario scenario, std::span<CollectivePoint const> measured);
  /// `measured` on nodes like those of another scenario (more NICs, say): that says how far the estimates are
  /// off.
  CollectiveModel(Scenario scenario, std::span<CollectivePoint const> measured, Scenario const& measured_on);

  /// s of a sum of `bytes` over `nodes` with `gpus` of each; `pull`: standard deviations off the middle
  /// (a draw; > 0 is slower). Changes nothing: safe to call from several threads. Throws as topology_of does.
  double all_reduce(double bytes, int nodes, int gpus, double pull = 0) const;
  /// What NCCL chooses, and the middle of what that takes.
  Estimate choice(double bytes, int nodes, int gpus) const;
  /// Of the logarithm of a sum's time, one standard deviation: what `pull` counts in.
  double spread(int nodes, Algorithm algorithm) const;
  Calibration const& calibration() const { return calibration_; }

 private:
  /// Of one place (inside nodes, between them): by algorithm, and of all together.
  struct Curves {
    std::vector<RatioCurves> by_algorithm;
    RatioCurves all{{}};
    RatioCurves const& of(Algorithm algorithm) const;
    bool has(Algorithm algorithm) const;
    std::optional<double> spread() const;
    std::optional<double> growth() const;
  };

  void calibrate(std::span<CollectivePoint const> measured, Scenario const& measured_on);
  void sum_up();
  void keep_tuners();
  Estimate estimate(double bytes, int nodes, int gpus) const;
  double calibrated(Estimate const& estimate, double bytes, int nodes, int gpus) const;

  Scenario scenario_;
  Curves inside_, between_;
  Calibration calibration_;
  std::vector<Tuner> tuners_;  ///< of all a node's GPUs on 1, 2, ... nodes
};

}  // namespace muster::project
