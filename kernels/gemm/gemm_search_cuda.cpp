// gemm/search on a GPU: shapes timed by cuBLASLt's heuristics, back to back on operands that all shapes share
// and that take turns.
#include <fmt/format.h>

#include "kernels/contract/backend.hpp"
#include "kernels/contract/launch_series.hpp"
#include "kernels/cuda/versions.hpp"
#include "kernels/gemm/gemm_check_cuda.hpp"
#include "kernels/gemm/gemm_operands_cuda.hpp"
#include "kernels/gemm/gemm_search.hpp"
#include "kernels/gemm/gemm_sets.hpp"
#include "kernels/gemm/gemm_support_cuda.hpp"
#include "kernels/gemm/launch_timer.hpp"
#include "kernels/gemm/lt_matmul.hpp"

namespace muster::cuda {
namespace {

constexpr double region_seconds =
    1e-3;  ///< of one timing: events tell 0.5 us, and clocks do not follow so fast

/// As gemm has them in regime sustained, for the largest shape.
unsigned sets_of(GemmProblem const& largest, Device& device) {
  return operand_sets(largest.total_bytes(), device.cache_bytes(), device.free_memory(), Regime::sustained);
}

class LtBench final : public ShapeBench {
 public:
  LtBench(GemmProblem const& largest, Context& context)
      : problem_(largest),
        device_(context.device),
        operands_(largest, sets_of(largest, device_), device_),
        workspace_(lt_workspace(lt_workspace_bytes, context.note)),
        timer_(device_) {}

  double rate(Shape const& shape) override try {
    GemmProblem problem = problem_;
    problem.m = shape.m;
    problem.n = shape.n;
    problem.k = shape.k;
    LtMatmul const matmul(problem, workspace_, static_cast<cudaStream_t>(device_.queue()));
    LaunchSeries series(
        device_, [&] { matmul.enqueue(operands_.at(turn_++ % operands_.count())); }, operands_.count(), true);
    auto const time = [&](std::uint64_t launches, double launch_seconds) {
      auto const settled = series.settle(launches, launch_seconds);
      return timer_.seconds(settled, [&] { series.enqueue(); });
    };
    series.enqueue();  // loads the kernel
    double seconds = time(1, 0);
    if (2 * seconds < region_seconds) seconds = time(launches_for(region_seconds, seconds), seconds);
    return static_cast<double>(problem.work().flops) / seconds;
  } catch (Unsupported const&) {
    return 0;
  }

  std::string library() const override { return "cuBLASLt " + version_text(lt().version()) + ", heuristics"; }

 private:
  GemmProblem problem_;
  Device& device_;
  OperandSets operands_;
  LtWorkspace workspace_;
  LaunchTimer timer_;
  unsigned turn_ = 0;
};

std::unique_ptr<ShapeBench> make_bench(GemmProblem const& largest, Context& context) {
  require_type(largest.type, context.device);
  require_memory(largest, context.device.free_memory(), gemm_check_bytes(largest));
  return std::make_unique<LtBench>(largest, context);
}

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return make_gemm_search(params, context, &make_bench);
}

MakerRegistration const registration{"gemm/search", &make};

}  // namespace
}  // namespace muster::cuda
