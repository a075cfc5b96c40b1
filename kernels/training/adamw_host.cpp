// AdamW on the host: every thread of the team steps its own part of the parameters.
#include "kernels/contract/backend.hpp"
#include "kernels/contract/share.hpp"
#include "kernels/host/buffer.hpp"
#include "kernels/host/instruction_sets.hpp"
#include "kernels/training/adamw.hpp"
#include "kernels/training/limit.hpp"

namespace muster::training {

namespace {

struct AdamwArrays {
  float *weight, *m, *v;
  std::uint16_t const* gradient;
  std::uint16_t* copy;
};

MUSTER_LOOP void adamw_loop(AdamwArrays const& a, Share part, AdamwStep const& given) {
  AdamwStep const step = given;  // not to be read anew after every store
  auto* const weight = a.weight;
  auto* const m = a.m;
  auto* const v = a.v;
  auto const* const gradient = a.gradient;
  auto* const copy = a.copy;
#pragma GCC ivdep
  for (std::uint64_t i = part.begin; i < part.end; ++i) {
    auto const next = adamw_update({weight[i], m[i], v[i]}, from_bf16(gradient[i]), step);
    weight[i] = next.weight;
    m[i] = next.m;
    v[i] = next.v;
    copy[i] = to_bf16(next.weight);
  }
}

#define MUSTER_PARAMETERS AdamwArrays const &arrays, Share part, AdamwStep const &step
#define MUSTER_ARGUMENTS arrays, part, step
MUSTER_FOR_EVERY_CPU(adamw_part, adamw_loop, MUSTER_PARAMETERS, MUSTER_ARGUMENTS)
#undef MUSTER_PARAMETERS
#undef MUSTER_ARGUMENTS

class AdamwHost final : public Instance {
 public:
  AdamwHost(std::uint64_t count, Regime regime, Context& context)
      : count_(count),
        regime_(regime),
        device_(context.device),
        weight_(4 * count),
        m_(4 * count),
        v_(4 * count),
        gradient_(2 * count),
        copy_(2 * count),
        replay_(context.seed) {
    auto const keys = adamw_keys(context.seed);
    device_.team().run([&](int index) {
      Share const part = part_of(index);
      for (std::uint64_t i = part.begin; i < part.end; ++i) {
        weight_.as<float>()[i] = adamw_first_weight(keys.weight, i);
        m_.as<float>()[i] = v_.as<float>()[i] = 0;
        gradient_.as<std::uint16_t>()[i] = adamw_gradient(keys.gradient, i);
        copy_.as<std::uint16_t>()[i] = 0xFFFF;
      }
    });
    job_ = [this](int index) {
      adamw_part({weight_.as<float>(), m_.as<float>(), v_.as<float>(), gradient_.as<std::uint16_t>(),
                  copy_.as<std::uint16_t>()},
                 part_of(index), step_);
    };
  }

  void launch() override {
    step_ = adamw_step_of({}, ++steps_);
    device_.team().run(job_);
  }

  Work work() const override { return adamw_work(count_); }
  Regime regime() const override { return regime_; }

  Verdict verify() override {
    if (steps_ == replay_.steps()) launch();
    auto& team = device_.team();
    replay_.advance(steps_, team);
    return adamw_verdict(replay_, count_,
                         {compare(weight_.as<float>(), count_, replay_.weight(), {}, team),
                          compare(m_.as<float>(), count_, replay_.m(), {}, team),
                          compare(v_.as<float>(), count_, replay_.v(), {}, team),
                          compare(copy_.as<std::uint16_t>(), count_, replay_.copy(), {}, team)});
  }

  std::optional<Bound> bound() override { return memory_limit(device_, adamw_memory * count_); }

 private:
  // A thread's part starts at a page of every array, so that what it touches first is its own.
  Share part_of(int index) const { return share_of(count_, index, device_.team().size(), 2048); }

  std::uint64_t count_;
  Regime regime_;
  Device& device_;
  host::Buffer weight_, m_, v_, gradient_, copy_;
  AdamwReplay replay_;
  AdamwStep step_{};
  std::function<void(int)> job_;
  std::uint64_t steps_ = 0;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  auto const count = static_cast<std::uint64_t>(params.integer("count"));
  require_adamw(count, free_memory_for(regime_of(params), context.device));
  return std::make_unique<AdamwHost>(count, regime_of(params), context);
}

MakerRegistration const registration{"training/adamw", &make};

}  // namespace

}  // namespace muster::training
