// gemm/search on a GPU: shapes timed by cuBLASLt's heuristics, back to back on operands that all shapes
// share.
#include <fmt/format.h>

#include "kernels/contract/backend.hpp"
#include "kernels/cuda/versions.hpp"
#include "kernels/gemm/gemm_operands_cuda.hpp"
#include "kernels/gemm/gemm_search.hpp"
#include "kernels/gemm/gemm_support_cuda.hpp"
#include "kernels/gemm/launch_timer_cuda.hpp"
#include "kernels/gemm/lt_matmul.hpp"

namespace muster::cuda {
namespace {

constexpr double region_seconds =
    1e-3;  ///< of one timing: events tell 0.5 us, and clocks do not follow so fast

class LtBench final : public ShapeBench {
 public:
  LtBench(GemmProblem const& largest, Context& context)
      : problem_(largest),
        stream_(static_cast<cudaStream_t>(context.device.queue())),
        operands_(largest, 1, context.device),
        workspace_(lt_workspace(lt_workspace_bytes(context.device.info().index), context.note)),
        timer_(stream_) {}

  double rate(Shape const& shape) override try {
    GemmProblem problem = problem_;
    problem.m = shape.m;
    problem.n = shape.n;
    problem.k = shape.k;
    LtMatmul const matmul(problem, workspace_, stream_);
    auto const launch = [&] { matmul.enqueue(operands_.at(0)); };
    launch();  // loads the kernel
    double seconds = timer_.seconds(2, launch);
    if (2 * seconds < region_seconds) seconds = timer_.seconds(launches_for(region_seconds, seconds), launch);
    return static_cast<double>(problem.work().flops) / seconds;
  } catch (Unsupported const&) {
    return 0;
  }

  std::string library() const override { return "cuBLASLt " + version_text(lt().version()) + ", heuristics"; }

 private:
  GemmProblem problem_;
  cudaStream_t stream_;
  OperandSets operands_;
  LtWorkspace workspace_;
  LaunchTimer timer_;
};

std::unique_ptr<ShapeBench> make_bench(GemmProblem const& largest, Context& context) {
  require_type(largest.type, context.device);
  require_memory(largest, context.device.free_memory());
  return std::make_unique<LtBench>(largest, context);
}

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  return make_gemm_search(params, context, &make_bench);
}

MakerRegistration const registration{"gemm/search", &make};

}  // namespace
}  // namespace muster::cuda
