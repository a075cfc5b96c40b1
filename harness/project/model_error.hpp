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
/// Failures per node and day of five published clusters, 2.34 to 23.7 per 1,000 (RSC-1, RSC-2, Llama 3,
/// OPT-175B: see failure_model.hpp): their logarithms' standard deviation.
inline constexpr double failures = 0.96;

}  // namespace doubt

/// What the model itself can be wrong by, one standard deviation of the logarithm of a step's time: what the
/// validation against published results found, rounded up. It grows with each doubling beyond what was
/// measured.
struct ModelError {
  double base = 0.01;        ///< at the size that was measured
  double doubling = 0.006;   ///< for each doubling of nodes beyond
  double unmeasured = 0.02;  ///< beside it, from two nodes on, where no sum between nodes was measured
};

/// `measured`: most nodes of a measured sum or step; >= 1.
inline double model_error(int nodes, int measured, bool between_measured, ModelError const& error = {}) {
  double const doublings = std::max(0.0, std::log2(static_cast<double>(nodes) / std::max(1, measured)));
  double const beside = nodes > 1 && !between_measured ? error.unmeasured : 0;
  return std::hypot(error.base + error.doubling * doublings, beside);
}

}  // namespace muster::project
