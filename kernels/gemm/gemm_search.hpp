// The workload gemm/search but for what times a shape: the search in set-up, and the case that is then
// measured.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "kernels/contract/workload.hpp"
#include "kernels/gemm/gemm_problem.hpp"
#include "kernels/gemm/shape_search.hpp"

namespace muster {

/// Times shapes of one type and layout; has operands for the largest from the start.
class ShapeBench {
 public:
  virtual ~ShapeBench() = default;
  /// FLOP/s, of a short timing; 0: no library has it for this shape.
  virtual double rate(Shape const& shape) = 0;
  virtual std::string library() const = 0;  ///< that is timed
};

/// A bench for products up to `largest`. Throws as a case's maker does.
using BenchMaker = std::unique_ptr<ShapeBench> (*)(GemmProblem const& largest, Context& context);

/// Searches, then hands the best shape to this backend's "gemm", whose instance does all else: so a shape
/// that was found is measured exactly as one that was asked for. Throws Unsupported when no shape can be
/// done.
std::unique_ptr<Instance> make_gemm_search(Params const& params, Context& context, BenchMaker bench);

/// The "gemm" case that measures `shape` for a search with these parameters.
Params gemm_params(Params const& search, Shape const& shape);

}  // namespace muster
