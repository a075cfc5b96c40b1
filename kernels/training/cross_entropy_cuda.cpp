// Softmax and cross-entropy on a GPU.
#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/training/compare_cuda.hpp"
#include "kernels/training/cross_entropy_kernels_cuda.hpp"
#include "kernels/training/outputs_instance.hpp"

namespace muster::training::cuda {
namespace {

using muster::cuda::check;
using muster::cuda::DeviceBuffer;

class CrossEntropy {
 public:
  using Problem = CrossEntropyProblem;
  static constexpr auto problem_of = &cross_entropy_problem;
  static constexpr bool recordable = true;

  CrossEntropy(CrossEntropyProblem const& problem, Device& device)
      : problem_(problem),
        units_(device.info().units),
        stream_(static_cast<cudaStream_t>(device.queue())),
        logits_(2 * problem.count(), "the logits"),
        gradient_(2 * problem.count(), "the gradient"),
        targets_(4 * problem.tokens, "the targets"),
        loss_(4 * problem.tokens, "the losses"),
        right_(cross_entropy_reference(problem, device.team())) {
    cross_entropy_fill(problem, arrays(), units_, stream_);
  }

  void launch() const { cross_entropy(problem_, arrays(), stream_); }

  Verdict compare() const {
    auto const a = arrays();
    auto const limit = cross_entropy_gradient_limit(problem_);
    return cross_entropy_verdict(
        problem_, right_,
        cuda::compare(a.gradient, problem_.count(), right_.gradient, limit, units_, stream_),
        cuda::compare(a.loss, problem_.tokens, right_.loss, cross_entropy_loss_limit, units_, stream_));
  }

  void spoil() const {
    check(cudaMemsetAsync(gradient_.as(), 0xFF, gradient_.bytes(), stream_), "cudaMemsetAsync");
    check(cudaMemsetAsync(loss_.as(), 0xFF, loss_.bytes(), stream_), "cudaMemsetAsync");
  }

 private:
  CrossEntropyOnDevice arrays() const {
    return {logits_.as<std::uint16_t>(), targets_.as<std::int32_t>(), gradient_.as<std::uint16_t>(),
            loss_.as<float>()};
  }

  CrossEntropyProblem problem_;
  int units_;
  cudaStream_t stream_;
  DeviceBuffer logits_, gradient_, targets_, loss_;
  CrossEntropyReference right_;
};

MakerRegistration const registration{"training/cross_entropy", &make_outputs<CrossEntropy>};

}  // namespace
}  // namespace muster::training::cuda
