// The fastest of cuBLASLt's algorithms for one product on this GPU, found by trying them.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/workload.hpp"
#include "kernels/gemm/gemm_operands_cuda.hpp"
#include "kernels/gemm/lt_matmul.hpp"

namespace muster::cuda {

/// How the pinned algorithm was found, for the case's record.
struct LtChoice {
  std::string algorithm;  ///< LtMatmul::algorithm()
  std::string source;     ///< "heuristic", "tuned among 17 candidates in 0.80 s", "cache (tuned among ...)"
  double first_seconds = 0;  ///< of a launch of the heuristics' first answer; 0: not timed
  double tuned_seconds = 0;  ///< of a launch of the pinned one
  GemmProblem problem{};

  std::vector<Figure> figures()
      const;  ///< "heuristic_first" and "tuned" in FLOP/s, of the tuning's own timings
  std::vector<std::pair<std::string, std::string>> facts() const;  ///< "algorithm", "algorithm_source"
};

/// Leaves the heuristics' first answer pinned, and says so.
LtChoice keep_first(LtMatmul const& matmul);

/// Pins the fastest of up to 32 candidates, unless the cache (Context::cache) knows it already; the
/// heuristics are then not asked. Each candidate is warmed with one launch, its D held against that of the
/// heuristics' first answer (gemm_compare_cuda.hpp; one that differs is left out and noted), and timed on all
/// `sets` in turn, as samples are, back to back with the others (race.hpp); short launches from a recording,
/// of which it is checked that it computes the product, or, with a note, one by one where there can be none.
/// Takes 2 s at most, besides the launches under way: candidates that a slow product leaves no time for are
/// not tried. What is chosen goes into the cache, where the first of several ranks wins, so that all ranks of
/// one device model that see the same folder run the same algorithm; see AlgorithmCache. The sets' D are left
/// as the candidates made them. Throws OutOfMemory, DeviceError.
LtChoice pin_fastest(LtMatmul& matmul, OperandSets const& sets, Context& context);

}  // namespace muster::cuda
