#include "kernels/training/adamw.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "kernels/contract/error.hpp"
#include "kernels/contract/share.hpp"

namespace muster::training {

namespace {

constexpr char const* method =
    "every element, bit for bit, with a replay of every step; the last step in fp64";

struct DoubleElement {
  double weight, m, v;
};

/// The paper's formula, written anew.
DoubleElement step_in_double(AdamwElement const& old, double gradient, AdamwSettings const& s, double t) {
  double const m = s.beta1 * static_cast<double>(old.m) + (1 - s.beta1) * gradient;
  double const v = s.beta2 * static_cast<double>(old.v) + (1 - s.beta2) * gradient * gradient;
  double const m_hat = m / (1 - std::pow(s.beta1, t)), v_hat = v / (1 - std::pow(s.beta2, t));
  double const weight = static_cast<double>(old.weight);
  return {weight - s.learning_rate * (m_hat / (std::sqrt(v_hat) + s.epsilon) + s.weight_decay * weight), m,
          v};
}

/// Error in units of `allowed`; beyond every limit for NaN.
double units(double got, double right, double allowed) {
  double const off = std::abs(got - right);
  return off <= 1e300 ? off / std::max(allowed, 1e-300) : 1e300;
}

}  // namespace

AdamwStep adamw_step_of(AdamwSettings const& s, std::uint64_t t) {
  auto const steps = static_cast<double>(t);
  return {static_cast<float>(s.beta1),
          static_cast<float>(1 - s.beta1),
          static_cast<float>(s.beta2),
          static_cast<float>(1 - s.beta2),
          static_cast<float>(1 / (1 - std::pow(s.beta1, steps))),
          static_cast<float>(1 / std::sqrt(1 - std::pow(s.beta2, steps))),
          static_cast<float>(s.epsilon),
          static_cast<float>(-s.learning_rate),
          static_cast<float>(1 - s.learning_rate * s.weight_decay)};
}

AdamwKeys adamw_keys(std::uint64_t seed) { return {stream_key(seed, 0x7477), stream_key(seed, 0x7467)}; }

// A multiply-add counts as two; root and division as one each.
Work adamw_work(std::uint64_t count) {
  return {.bytes = adamw_bytes * count, .flops = 15 * count, .items = count};
}

AdamwReplay::AdamwReplay(std::uint64_t seed)
    : weight_(adamw_period),
      m_(adamw_period),
      v_(adamw_period),
      copy_(adamw_period),
      gradient_(adamw_period) {
  auto const keys = adamw_keys(seed);
  for (std::uint64_t i = 0; i < adamw_period; ++i) {
    weight_[i] = adamw_first_weight(keys.weight, i);
    gradient_[i] = from_bf16(adamw_gradient(keys.gradient, i));
  }
}

void AdamwReplay::advance(std::uint64_t steps, Team& team) {
  if (steps <= steps_) return;
  std::vector<AdamwStep> each;
  for (auto t = steps_ + 1; t <= steps; ++t) each.push_back(adamw_step_of(settings_, t));
  old_weight_.resize(adamw_period), old_m_.resize(adamw_period), old_v_.resize(adamw_period);
  team.run([&](int index) {
    Share const part = share_of(adamw_period, index, team.size(), 16);
    for (std::uint64_t i = part.begin; i < part.end; ++i) {
      AdamwElement now{weight_[i], m_[i], v_[i]}, old = now;
      for (auto const& step : each) {
        old = now;
        now = adamw_update(old, gradient_[i], step);
      }
      old_weight_[i] = old.weight, old_m_[i] = old.m, old_v_[i] = old.v;
      weight_[i] = now.weight, m_[i] = now.m, v_[i] = now.v;
      copy_[i] = from_bf16(to_bf16(now.weight));
    }
  });
  steps_ = steps;
}

// Roundings of fp32 (2^-24 each): three in m and v, on top of those of the constants (2^-24, and twice that
// of v's rest x gradient); about eight in the update, which counts by the learning rate, and two in the
// weight.
Verdict AdamwReplay::against_double() const {
  double worst = 0;
  constexpr double u = 0x1p-24;
  for (std::uint64_t i = 0; steps_ > 0 && i < adamw_period; ++i) {
    AdamwElement const old{old_weight_[i], old_m_[i], old_v_[i]};
    double const gradient = static_cast<double>(gradient_[i]);
    auto const right = step_in_double(old, gradient, settings_, static_cast<double>(steps_));
    double const moments = std::abs(static_cast<double>(old.m)) + std::abs(gradient);
    double const weight = std::abs(static_cast<double>(old.weight));
    worst = std::max({worst, units(static_cast<double>(m_[i]), right.m, 4 * u * moments),
                      units(static_cast<double>(v_[i]), right.v, 6 * u * right.v),
                      units(static_cast<double>(weight_[i]), right.weight,
                            4 * u * weight + 24 * u * settings_.learning_rate * 10)});
  }
  return Verdict::judge(method, worst, 1,
                        fmt::format("step {} differs from the formula in double precision", steps_));
}

Verdict adamw_verdict(AdamwReplay const& replay, std::uint64_t count, AdamwDifferences const& found) {
  std::array const verdicts{judge(method, "the weights", count, replay.weight(), found.weight),
                            judge(method, "the first moments", count, replay.m(), found.m),
                            judge(method, "the second moments", count, replay.v(), found.v),
                            judge(method, "the bfloat16 weights", count, replay.copy(), found.copy),
                            replay.against_double()};
  return worst_of(verdicts);
}

void require_adamw(std::uint64_t count, std::uint64_t free_bytes) {
  if (count <= free_bytes / adamw_memory) return;
  throw OutOfMemory(
      fmt::format("{} parameters need {:.2f} GiB at 16 bytes each (only {:.2f} GiB are free) use count <= {}",
                  count, static_cast<double>(adamw_memory * count) / (1 << 30),
                  static_cast<double>(free_bytes) / (1 << 30), free_bytes / adamw_memory / 8 * 8));
}

}  // namespace muster::training
