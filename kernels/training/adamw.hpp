// AdamW with decoupled weight decay (Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR
// 2019, algorithm 2), as mixed-precision training does it: weights, first and second moments in fp32,
// gradient in bfloat16, and a bfloat16 copy of the new weights for the next forward pass.
#pragma once
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/contract/params.hpp"
#include "kernels/contract/verdict.hpp"
#include "kernels/contract/work.hpp"
#include "kernels/training/closeness.hpp"
#include "kernels/training/data.hpp"

namespace muster::training {

struct AdamwSettings {
  double learning_rate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0.01;
};

/// What one step needs of the settings and of the number of steps so far, rounded once each.
struct AdamwStep {
  float beta1, rest1, beta2, rest2;     ///< rest = 1 - beta
  float correction1, root_correction2;  ///< 1 / (1 - beta1^t), 1 / sqrt(1 - beta2^t)
  float epsilon, minus_rate, decay;     ///< decay = 1 - learning rate x weight decay
};

/// Of step t = 1, 2, ...
AdamwStep adamw_step_of(AdamwSettings const& settings, std::uint64_t t);

struct AdamwElement {
  float weight, m, v;
};

/// One step of one element. Only multiplications, divisions, square roots and explicitly fused multiply-adds,
/// each rounded as IEEE says and none left to the compiler's taste: GPU and host agree on every bit.
MUSTER_HD inline AdamwElement adamw_update(AdamwElement old, float gradient, AdamwStep const& step) {
  AdamwElement next;
  next.m = fmaf(step.beta1, old.m, step.rest1 * gradient);
  next.v = fmaf(step.rest2 * gradient, gradient, step.beta2 * old.v);
  float const denominator = fmaf(sqrtf(next.v), step.root_correction2, step.epsilon);
  float const update = next.m * step.correction1 / denominator;
  next.weight = fmaf(step.minus_rate, update, step.decay * old.weight);
  return next;
}

/// Elements repeat with this period, a prime: those of equal place share one history, which the check
/// replays, and an element in the place of another shows.
inline constexpr std::uint64_t adamw_period = 16381;

MUSTER_HD inline float adamw_first_weight(std::uint64_t key, std::uint64_t index) {
  return 0.05F * uniform(key, index % adamw_period);
}
MUSTER_HD inline std::uint16_t adamw_gradient(std::uint64_t key, std::uint64_t index) {
  return to_bf16(0.015625F * normal(key, index % adamw_period));
}

/// Keys of the weights and the gradients.
struct AdamwKeys {
  std::uint64_t weight, gradient;
};
AdamwKeys adamw_keys(std::uint64_t seed);

/// Bytes read and written for each parameter: weight, m and v in fp32 both ways (24), gradient in (2), copy
/// out (2).
inline constexpr std::uint64_t adamw_bytes = 28;
/// Bytes of memory for each parameter.
inline constexpr std::uint64_t adamw_memory = 16;

Work adamw_work(std::uint64_t count);

/// One period of the parameters and all steps done to them so far, in fp32 by adamw_update(); and the same
/// steps by the formula in double, each from the fp32 state before it.
class AdamwReplay {
 public:
  explicit AdamwReplay(std::uint64_t seed);

  std::uint64_t steps() const { return steps_; }
  void advance(std::uint64_t steps, Team& team);  ///< up to step number `steps`

  std::span<float const> weight() const { return weight_; }
  std::span<float const> m() const { return m_; }
  std::span<float const> v() const { return v_; }
  std::span<float const> copy() const { return copy_; }  ///< what the bfloat16 copy holds

  /// The last step against the formula in double precision: the largest error as a multiple of what fp32's
  /// roundings explain.
  Verdict against_double() const;

 private:
  AdamwSettings settings_{};
  std::vector<float> weight_, m_, v_, copy_, gradient_;
  std::vector<float> old_weight_, old_m_, old_v_;  ///< before the last step
  std::uint64_t steps_ = 0;
};

/// The four arrays as a backend holds them, compared with the replay.
struct AdamwDifferences {
  Difference weight, m, v, copy;
};
Verdict adamw_verdict(AdamwReplay const& replay, std::uint64_t count, AdamwDifferences const& found);

/// Throws OutOfMemory when `count` parameters do not fit.
void require_adamw(std::uint64_t count, std::uint64_t free_bytes);

}  // namespace muster::training
