// AdamW on a GPU.
#include "kernels/contract/backend.hpp"
#include "kernels/cuda/buffer.hpp"
#include "kernels/training/adamw_kernels_cuda.hpp"
#include "kernels/training/compare_cuda.hpp"
#include "kernels/training/limit.hpp"

namespace muster::training::cuda {
namespace {

using muster::cuda::DeviceBuffer;

class AdamwInstance final : public Instance {
 public:
  AdamwInstance(std::uint64_t count, Regime regime, Context& context)
      : count_(count),
        regime_(regime),
        device_(context.device),
        stream_(static_cast<cudaStream_t>(device_.queue())),
        weight_(4 * count, "the weights"),
        m_(4 * count, "the first moments"),
        v_(4 * count, "the second moments"),
        gradient_(2 * count, "the gradient"),
        copy_(2 * count, "the bfloat16 weights"),
        replay_(context.seed) {
    adamw_fill(arrays(), adamw_keys(context.seed), device_.info().units, stream_);
    device_.wait();
  }

  /// A further step: its number goes into the launch, so launches cannot be recorded and repeated.
  void launch() override { adamw_step(arrays(), adamw_step_of({}, ++steps_), stream_); }

  Work work() const override { return adamw_work(count_); }
  Regime regime() const override { return regime_; }

  Verdict verify() override {
    if (steps_ == replay_.steps()) launch();
    replay_.advance(steps_, device_.team());
    auto const a = arrays();
    int const units = device_.info().units;
    return adamw_verdict(replay_, count_,
                         {compare(a.weight, count_, replay_.weight(), {}, units, stream_),
                          compare(a.m, count_, replay_.m(), {}, units, stream_),
                          compare(a.v, count_, replay_.v(), {}, units, stream_),
                          compare(a.copy, count_, replay_.copy(), {}, units, stream_)});
  }

  std::optional<Bound> bound() override { return memory_limit(device_, adamw_memory * count_); }

 private:
  AdamwOnDevice arrays() const {
    return {weight_.as<float>(),       m_.as<float>(), v_.as<float>(), gradient_.as<std::uint16_t>(),
            copy_.as<std::uint16_t>(), count_};
  }

  std::uint64_t count_;
  Regime regime_;
  Device& device_;
  cudaStream_t stream_;
  DeviceBuffer weight_, m_, v_, gradient_, copy_;
  AdamwReplay replay_;
  std::uint64_t steps_ = 0;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const count = static_cast<std::uint64_t>(params.integer("count"));
  require_adamw(count, free_memory_for(regime_of(params), context.device));
  return std::make_unique<AdamwInstance>(count, regime_of(params), context);
}

MakerRegistration const registration{"training/adamw", &make};

}  // namespace
}  // namespace muster::training::cuda
