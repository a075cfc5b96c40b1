// Layer normalisation on a GPU.
#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/training/compare_cuda.hpp"
#include "kernels/training/layer_norm_kernels_cuda.hpp"
#include "kernels/training/limit.hpp"

namespace muster::training::cuda {
namespace {

using muster::cuda::check;
using muster::cuda::DeviceBuffer;

class LayerNormInstance final : public Instance {
 public:
  LayerNormInstance(LayerNormProblem const& problem, Regime regime, Device& device)
      : problem_(problem),
        regime_(regime),
        device_(device),
        stream_(static_cast<cudaStream_t>(device.queue())),
        x_(2 * problem.count(), "x"),
        residual_(2 * problem.count(), "the residual"),
        sum_(2 * problem.count(), "the sum"),
        y_(2 * problem.count(), "the normalised sum"),
        gamma_(4 * problem.columns, "gamma"),
        beta_(4 * problem.columns, "beta"),
        right_(layer_norm_reference(problem, device.team())) {
    layer_norm_fill(problem, arrays(), device.info().units, stream_);
    spoil();
    device.wait();
  }

  void launch() override {
    layer_norm(problem_, arrays(), stream_);
    launched_ = true;
  }

  Work work() const override { return problem_.work(); }
  Regime regime() const override { return regime_; }
  bool recordable() const override { return true; }

  Verdict verify() override {
    if (!launched_) launch();
    auto const a = arrays();
    int const units = device_.info().units;
    auto const verdict = layer_norm_verdict(
        problem_, right_, compare(a.sum, problem_.count(), right_.sum, layer_norm_sum_limit, units, stream_),
        compare(a.y, problem_.count(), right_.y, layer_norm_y_limit, units, stream_));
    spoil();
    return verdict;
  }

  std::optional<Bound> bound() override { return memory_limit(device_, problem_.memory()); }

 private:
  LayerNormOnDevice arrays() const {
    return {x_.as<std::uint16_t>(), residual_.as<std::uint16_t>(), gamma_.as<float>(),
            beta_.as<float>(),      sum_.as<std::uint16_t>(),      y_.as<std::uint16_t>()};
  }

  /// What was checked once must not be found again by a later check: all NaN.
  void spoil() {
    check(cudaMemsetAsync(sum_.as(), 0xFF, sum_.bytes(), stream_), "cudaMemsetAsync");
    check(cudaMemsetAsync(y_.as(), 0xFF, y_.bytes(), stream_), "cudaMemsetAsync");
    launched_ = false;
  }

  LayerNormProblem problem_;
  Regime regime_;
  Device& device_;
  cudaStream_t stream_;
  DeviceBuffer x_, residual_, sum_, y_, gamma_, beta_;
  LayerNormReference right_;
  bool launched_ = false;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const problem = layer_norm_problem(params, context.seed);
  require_layer_norm(problem, context.device.free_memory());
  return std::make_unique<LayerNormInstance>(problem, regime_of(params), context.device);
}

MakerRegistration const registration{"training/layer_norm", &make};

}  // namespace
}  // namespace muster::training::cuda
