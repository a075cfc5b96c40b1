// Softmax and cross-entropy on the host: every thread of the team takes tokens of its own.
#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/contract/backend.hpp"
#include "kernels/contract/share.hpp"
#include "kernels/host/buffer.hpp"
#include "kernels/host/instruction_sets.hpp"
#include "kernels/training/cross_entropy.hpp"
#include "kernels/training/exponential.hpp"
#include "kernels/training/outputs_instance.hpp"

namespace muster::training {

namespace {

struct CrossEntropyArrays {
  std::uint16_t const* logits;
  std::int32_t const* target;
  std::uint16_t* gradient;
  float* loss;
  std::uint64_t vocabulary;
  float scale;
};

constexpr std::uint64_t lanes = 16;  // as many running values, so that they can be vectors

MUSTER_LOOP float largest_of(std::uint16_t const* x, std::uint64_t count) {
  float most[lanes];
  for (auto& value : most) value = from_bf16(x[0]);
  std::uint64_t const whole = count / lanes * lanes;
  for (std::uint64_t j = 0; j < whole; j += lanes) {
    for (std::uint64_t lane = 0; lane < lanes; ++lane) {
      float const value = from_bf16(x[j + lane]);
      most[lane] = value > most[lane] ? value : most[lane];
    }
  }
  float largest = most[0];
  for (float const value : most) largest = value > largest ? value : largest;
  for (std::uint64_t j = whole; j < count; ++j)
    largest = from_bf16(x[j]) > largest ? from_bf16(x[j]) : largest;
  return largest;
}

/// Sum of e^(x - largest). `power` keeps the terms.
MUSTER_LOOP float sum_of_powers(std::uint16_t const* x, std::uint64_t count, float largest,
                                float* __restrict__ power) {
  float sums[lanes] = {}, total = 0;
  std::uint64_t const whole = count / lanes * lanes;
  for (std::uint64_t j = 0; j < count; ++j) power[j] = exp_of(from_bf16(x[j]) - largest);
  for (std::uint64_t j = 0; j < whole; j += lanes) {
    for (std::uint64_t lane = 0; lane < lanes; ++lane) sums[lane] += power[j + lane];
  }
  for (float const sum : sums) total += sum;
  for (std::uint64_t j = whole; j < count; ++j) total += power[j];
  return total;
}

MUSTER_LOOP void cross_entropy_loop(CrossEntropyArrays const& a, Share tokens, float* __restrict__ power) {
  std::uint64_t const words = a.vocabulary;
  for (std::uint64_t token = tokens.begin; token < tokens.end; ++token) {
    auto const* const x = a.logits + token * words;
    auto* const gradient = a.gradient + token * words;
    auto const target = static_cast<std::uint64_t>(a.target[token]);
    float const largest = largest_of(x, words);
    float const sum = sum_of_powers(x, words, largest, power);
    float const factor = a.scale / sum;
#pragma GCC ivdep
    for (std::uint64_t j = 0; j < words; ++j) gradient[j] = to_bf16(power[j] * factor);
    gradient[target] = to_bf16(power[target] * factor - a.scale);
    a.loss[token] = std::log(sum) + largest - from_bf16(x[target]);
  }
}

#define MUSTER_PARAMETERS CrossEntropyArrays const &arrays, Share tokens, float *power
#define MUSTER_ARGUMENTS arrays, tokens, power
MUSTER_FOR_EVERY_CPU(cross_entropy_tokens, cross_entropy_loop, MUSTER_PARAMETERS, MUSTER_ARGUMENTS)
#undef MUSTER_PARAMETERS
#undef MUSTER_ARGUMENTS

class CrossEntropyHost {
 public:
  using Problem = CrossEntropyProblem;
  static constexpr auto problem_of = &cross_entropy_problem;
  static constexpr bool recordable = false;

  CrossEntropyHost(CrossEntropyProblem const& problem, Device& device)
      : problem_(problem),
        team_(device.team()),
        logits_(2 * problem.count()),
        gradient_(2 * problem.count()),
        target_(problem.tokens),
        loss_(problem.tokens),
        right_(cross_entropy_reference(problem, team_)) {
    set_up();
    powers_.resize(static_cast<std::size_t>(team_.size()), std::vector<float>(problem.vocabulary));
    CrossEntropyArrays const arrays{
        logits_.as<std::uint16_t>(), target_.data(), gradient_.as<std::uint16_t>(), loss_.data(),
        problem.vocabulary,          problem.scale()};
    job_ = [this, arrays](int index) {
      cross_entropy_tokens(arrays, tokens_of(index), powers_[static_cast<std::size_t>(index)].data());
    };
  }

  void launch() const { team_.run(job_); }

  Verdict compare() const {
    auto const limit = cross_entropy_gradient_limit(problem_);
    return cross_entropy_verdict(
        problem_, right_,
        training::compare(gradient_.as<std::uint16_t>(), problem_.count(), right_.gradient, limit, team_),
        training::compare(loss_.data(), problem_.tokens, right_.loss, cross_entropy_loss_limit, team_));
  }

  void spoil() {
    team_.run([&](int index) {
      auto const [begin, end] = tokens_of(index);
      auto const row = 2 * problem_.vocabulary;
      std::memset(gradient_.data() + begin * row, 0xFF, static_cast<std::size_t>((end - begin) * row));
      std::memset(loss_.data() + begin, 0xFF, static_cast<std::size_t>(4 * (end - begin)));
    });
  }

 private:
  Share tokens_of(int index) const { return share_of(problem_.tokens, index, team_.size()); }

  void set_up() {
    auto const keys = cross_entropy_keys(problem_.seed);
    auto const words = problem_.vocabulary;
    team_.run([&](int index) {
      auto const [begin, end] = tokens_of(index);
      for (std::uint64_t i = begin * words; i < end * words; ++i) {
        logits_.as<std::uint16_t>()[i] = cross_entropy_logit(keys.logits, i, words);
      }
      for (std::uint64_t token = begin; token < end; ++token) {
        target_[token] = cross_entropy_target(keys.target, token, words);
      }
    });
  }

  CrossEntropyProblem problem_;
  Team& team_;
  host::Buffer logits_, gradient_;
  std::vector<std::int32_t> target_;
  std::vector<float> loss_;
  CrossEntropyReference right_;
  std::vector<std::vector<float>> powers_;
  std::function<void(int)> job_;
};

MakerRegistration const registration{"training/cross_entropy", &make_outputs<CrossEntropyHost>};

}  // namespace

}  // namespace muster::training
