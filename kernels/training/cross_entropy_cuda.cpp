// Softmax and cross-entropy on a GPU.
#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/training/compare_cuda.hpp"
#include "kernels/training/cross_entropy_kernels_cuda.hpp"
#include "kernels/training/limit.hpp"

namespace muster::training::cuda {
namespace {

using muster::cuda::check;
using muster::cuda::DeviceBuffer;

class CrossEntropyInstance final : public Instance {
 public:
  CrossEntropyInstance(CrossEntropyProblem const& problem, Regime regime, Device& device)
      : problem_(problem),
        regime_(regime),
        device_(device),
        stream_(static_cast<cudaStream_t>(device.queue())),
        logits_(2 * problem.count(), "the logits"),
        gradient_(2 * problem.count(), "the gradient"),
        targets_(4 * problem.tokens, "the targets"),
        loss_(4 * problem.tokens, "the losses"),
        right_(cross_entropy_reference(problem, device.team())) {
    cross_entropy_fill(problem, arrays(), device.info().units, stream_);
    spoil();
    device.wait();
  }

  void launch() override {
    cross_entropy(problem_, arrays(), stream_);
    launched_ = true;
  }

  Work work() const override { return problem_.work(); }
  Regime regime() const override { return regime_; }
  bool recordable() const override { return true; }

  Verdict verify() override {
    if (!launched_) launch();
    auto const a = arrays();
    int const units = device_.info().units;
    auto const limit = cross_entropy_gradient_limit(problem_);
    auto const verdict = cross_entropy_verdict(
        problem_, right_, compare(a.gradient, problem_.count(), right_.gradient, limit, units, stream_),
        compare(a.loss, problem_.tokens, right_.loss, cross_entropy_loss_limit, units, stream_));
    spoil();
    return verdict;
  }

  std::optional<Bound> bound() override { return memory_limit(device_, problem_.memory()); }

 private:
  CrossEntropyOnDevice arrays() const {
    return {logits_.as<std::uint16_t>(), targets_.as<std::int32_t>(), gradient_.as<std::uint16_t>(),
            loss_.as<float>()};
  }

  /// What was checked once must not be found again by a later check: all NaN.
  void spoil() {
    check(cudaMemsetAsync(gradient_.as(), 0xFF, gradient_.bytes(), stream_), "cudaMemsetAsync");
    check(cudaMemsetAsync(loss_.as(), 0xFF, loss_.bytes(), stream_), "cudaMemsetAsync");
    launched_ = false;
  }

  CrossEntropyProblem problem_;
  Regime regime_;
  Device& device_;
  cudaStream_t stream_;
  DeviceBuffer logits_, gradient_, targets_, loss_;
  CrossEntropyReference right_;
  bool launched_ = false;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const problem = cross_entropy_problem(params, context.seed);
  require_cross_entropy(problem, context.device.free_memory());
  return std::make_unique<CrossEntropyInstance>(problem, regime_of(params), context.device);
}

MakerRegistration const registration{"training/cross_entropy", &make};

}  // namespace
}  // namespace muster::training::cuda
