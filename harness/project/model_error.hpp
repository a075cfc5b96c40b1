// How wrong figures can be: the widths of all draws, in one place.
#pragma once
#include <algorithm>
#include <cmath>

namespace muster::project {

/// Standard deviations of logarithms.
namespace doubt {

/// Two operators of the same machine: MLPerf Training v2.0, Azure's steps over NVIDIA's (ResNet +2.6 and +1.8
/// %, BERT +2.4 and +7.3 %): 4 % between two, so 4 / sqrt 2 of one from what is usual.
inline constexpr double operators = 0.028;
/// Delays of a node: residues of 1 to 2 ms at 500 nodes in MLPerf's ResNet-50; on a production dragonfly a
/// half of the goodput was lost (De Sensi et al., SC24): a factor of two either way.
inline constexpr double noise = 0.7;
/// What a shared file system gives beside what was said of it. Assumed: a fifth.
inline constexpr double storage = 0.2;
/// What a GPU draws beside the same share of its data sheet's as another one draws. Assumed: a tenth.
inline constexpr double other_power = 0.1;
/// Failures per node and day of five published clusters, 2.34 to 23.7 per 1,000 (RSC-1, RSC-2, Llama 3,
/// OPT-175B: see failure_model.hpp): their logarithms' standard deviation.
inline constexpr double failures = 0.96;

}  // namespace doubt

/// What published results say of the model (validation.hpp): steps of MLPerf Training, Megatron-LM,
/// MosaicML's and NVIDIA's examples, 1 to 527 nodes, each predicted from smaller systems.
struct ModelError {
  /// Steps take longer than their parts say, by this for each doubling of ranks beyond what was measured:
  /// ranks wait for each other more often than once a step, input and launches jitter. With any one source of
  /// results left out it is 0.0050 to 0.0085.
  double lost = 0.0070;
  // One standard deviation of the logarithm of a step's time; wide enough that nine in ten of the results lie
  // between p10 and p90.
  double base = 0.035;       ///< at the size that was measured
  double doubling = 0.012;   ///< for each doubling of ranks beyond
  double unmeasured = 0.03;  ///< beside it, from two nodes on, where nothing on several nodes was measured
};

/// Of ranks: of a step on one GPU eight are three doublings, inside a node as between nodes.
inline double doublings_beyond(double ranks, double measured) {
  return std::max(0.0, std::log2(ranks / std::max(1.0, measured)));
}

/// How far a size is from what was measured.
struct Distance {
  double doublings = 0;     ///< of ranks, beyond the most of a measured sum or step
  bool unmeasured = false;  ///< between several nodes, where nothing on several nodes was measured
};

inline double model_error(Distance const& distance, ModelError const& error = {}) {
  double const beside = distance.unmeasured ? error.unmeasured : 0;
  return std::hypot(error.base + error.doubling * distance.doublings, beside);
}

/// What a step's time is multiplied by; `pull`: standard deviations off the middle (a draw; > 0 is slower).
inline double model_factor(Distance const& distance, double pull, ModelError const& error = {}) {
  return std::exp(error.lost * distance.doublings + pull * model_error(distance, error));
}

}  // namespace muster::project
