// Layer normalisation on a GPU.
#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/cuda/error.hpp"
#include "kernels/training/compare_cuda.hpp"
#include "kernels/training/layer_norm_kernels_cuda.hpp"
#include "kernels/training/outputs_instance.hpp"

namespace muster::training::cuda {
namespace {

using muster::cuda::check;
using muster::cuda::DeviceBuffer;

class LayerNorm {
 public:
  using Problem = LayerNormProblem;
  static constexpr auto problem_of = &layer_norm_problem;
  static constexpr bool recordable = true;

  LayerNorm(LayerNormProblem const& problem, Device& device)
      : problem_(problem),
        units_(device.info().units),
        stream_(static_cast<cudaStream_t>(device.queue())),
        x_(2 * problem.count(), "x"),
        residual_(2 * problem.count(), "the residual"),
        sum_(2 * problem.count(), "the sum"),
        y_(2 * problem.count(), "the normalised sum"),
        gamma_(4 * problem.columns, "gamma"),
        beta_(4 * problem.columns, "beta"),
        right_(layer_norm_reference(problem, device.team())) {
    layer_norm_fill(problem, arrays(), units_, stream_);
  }

  void launch() const { layer_norm(problem_, arrays(), stream_); }

  Verdict compare() const {
    auto const a = arrays();
    auto const count = problem_.count();
    return layer_norm_verdict(problem_, right_,
                              cuda::compare(a.sum, count, right_.sum, layer_norm_sum_limit, units_, stream_),
                              cuda::compare(a.y, count, right_.y, layer_norm_y_limit, units_, stream_));
  }

  void spoil() const {
    check(cudaMemsetAsync(sum_.as(), 0xFF, sum_.bytes(), stream_), "cudaMemsetAsync");
    check(cudaMemsetAsync(y_.as(), 0xFF, y_.bytes(), stream_), "cudaMemsetAsync");
  }

 private:
  LayerNormOnDevice arrays() const {
    return {x_.as<std::uint16_t>(), residual_.as<std::uint16_t>(), gamma_.as<float>(),
            beta_.as<float>(),      sum_.as<std::uint16_t>(),      y_.as<std::uint16_t>()};
  }

  LayerNormProblem problem_;
  int units_;
  cudaStream_t stream_;
  DeviceBuffer x_, residual_, sum_, y_, gamma_, beta_;
  LayerNormReference right_;
};

MakerRegistration const registration{"training/layer_norm", &make_outputs<LayerNorm>};

}  // namespace
}  // namespace muster::training::cuda
