// Softmax and cross-entropy over a vocabulary, forward and gradient fused, as a language model ends:
// loss = log(sum_j exp(x_j)) - x_target, gradient_j = (softmax(x)_j - [j = target]) / tokens, token by token.
// Logits and gradient are bfloat16 in memory, the arithmetic and the loss fp32.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/contract/params.hpp"
#include "kernels/contract/verdict.hpp"
#include "kernels/contract/work.hpp"
#include "kernels/training/closeness.hpp"
#include "kernels/training/data.hpp"

namespace muster::training {

struct CrossEntropyProblem {
  std::uint64_t tokens = 0;
  std::uint64_t vocabulary = 0;  ///< a multiple of 8
  std::uint64_t seed = 0;

  std::uint64_t count() const { return tokens * vocabulary; }
  float scale() const { return 1.0F / static_cast<float>(tokens); }
  /// Logits read and gradient written, 2 bytes each; target and loss of each token, 4 bytes each.
  Work work() const;
  std::uint64_t memory() const { return 4 * count() + 8 * tokens; }
};

CrossEntropyProblem cross_entropy_problem(Params const& params, std::uint64_t seed);
void require_memory(CrossEntropyProblem const& problem,
                    std::uint64_t free_bytes);  ///< throws OutOfMemory

/// Tokens repeat with this period, a prime: the reference is one period long, yet a token in the place of
/// another shows.
inline constexpr std::uint64_t cross_entropy_period = 31;

/// Keys of logits and targets.
struct CrossEntropyKeys {
  std::uint64_t logits, target;
};
CrossEntropyKeys cross_entropy_keys(std::uint64_t seed);

/// Element `index` = token x vocabulary + word: nearly normal, with standard deviation 2.
MUSTER_HD inline std::uint16_t cross_entropy_logit(std::uint64_t key, std::uint64_t index,
                                                   std::uint64_t vocabulary) {
  return to_bf16(2.0F * normal(key, index % (cross_entropy_period * vocabulary)));
}
MUSTER_HD inline std::int32_t cross_entropy_target(std::uint64_t key, std::uint64_t token,
                                                   std::uint64_t vocabulary) {
  return static_cast<std::int32_t>(random_word(key, token % cross_entropy_period) % vocabulary);
}

/// One period of the right answers, computed in double.
struct CrossEntropyReference {
  std::vector<float> gradient, loss;
};
CrossEntropyReference cross_entropy_reference(CrossEntropyProblem const& problem, Team& team);

/// The gradient: one rounding to bfloat16 (2^-8), and 2^-12 for fp32's exponential and sum; values below 1e-9
/// of the scale may be anything small. The loss, a sum of about 10 sizes: fp32's roundings.
Closeness cross_entropy_gradient_limit(CrossEntropyProblem const& problem);
inline constexpr Closeness cross_entropy_loss_limit{1e-5F, 1e-5F};

Verdict cross_entropy_verdict(CrossEntropyProblem const& problem, CrossEntropyReference const& right,
                              Difference const& gradient, Difference const& loss);

}  // namespace muster::training
