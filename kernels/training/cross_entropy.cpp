#include "kernels/training/cross_entropy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/contract/error.hpp"
#include "kernels/contract/share.hpp"

namespace muster::training {

namespace {

void reference_token(CrossEntropyProblem const& problem, std::uint64_t token, CrossEntropyReference& right) {
  auto const keys = cross_entropy_keys(problem.seed);
  auto const words = problem.vocabulary;
  std::vector<double> x(words);
  for (std::uint64_t j = 0; j < words; ++j) {
    x[j] = static_cast<double>(from_bf16(cross_entropy_logit(keys.logits, token * words + j, words)));
  }
  double const largest = *std::ranges::max_element(x);
  double sum = 0;
  for (double const value : x) sum += std::exp(value - largest);
  auto const target = static_cast<std::uint64_t>(cross_entropy_target(keys.target, token, words));
  right.loss[token] = static_cast<float>(std::log(sum) + largest - x[target]);
  double const scale = 1 / static_cast<double>(problem.tokens);
  for (std::uint64_t j = 0; j < words; ++j) {
    double const probability = std::exp(x[j] - largest) / sum;
    right.gradient[token * words + j] = static_cast<float>((probability - (j == target ? 1 : 0)) * scale);
  }
}

}  // namespace

// Per logit: maximum, difference, exponential and sum; difference, exponential and two products.
Work CrossEntropyProblem::work() const {
  return {.bytes = 4 * count() + 8 * tokens, .flops = 8 * count(), .items = tokens};
}

CrossEntropyProblem cross_entropy_problem(Params const& params, std::uint64_t seed) {
  return {static_cast<std::uint64_t>(params.integer("tokens")),
          static_cast<std::uint64_t>(params.integer("vocabulary")), seed};
}

void require_memory(CrossEntropyProblem const& problem, std::uint64_t free_bytes) {
  if (problem.memory() <= free_bytes) return;
  throw OutOfMemory(
      fmt::format("logits and gradient of {} tokens x {} words need {:.2f} GiB (only {:.2f} GiB are free) "
                  "use tokens <= {}",
                  problem.tokens, problem.vocabulary, static_cast<double>(problem.memory()) / (1 << 30),
                  static_cast<double>(free_bytes) / (1 << 30), free_bytes / (4 * problem.vocabulary + 8)));
}

CrossEntropyKeys cross_entropy_keys(std::uint64_t seed) {
  return {stream_key(seed, 0x636C), stream_key(seed, 0x6374)};
}

CrossEntropyReference cross_entropy_reference(CrossEntropyProblem const& problem, Team& team) {
  auto const tokens = std::min(problem.tokens, cross_entropy_period);
  CrossEntropyReference right{std::vector<float>(tokens * problem.vocabulary), std::vector<float>(tokens)};
  team.run([&](int index) {
    auto const [begin, end] = share_of(tokens, index, team.size());
    for (std::uint64_t token = begin; token < end; ++token) reference_token(problem, token, right);
  });
  return right;
}

Closeness cross_entropy_gradient_limit(CrossEntropyProblem const& problem) {
  return {0.00390625F + 0.000244140625F, 1e-9F * problem.scale()};
}

Verdict cross_entropy_verdict(CrossEntropyProblem const& problem, CrossEntropyReference const& right,
                              Difference const& gradient, Difference const& loss) {
  constexpr char const* method = "every element, with a reference in fp64";
  std::array const verdicts{judge(method, "the gradient", problem.count(), right.gradient, gradient),
                            judge(method, "the loss", problem.tokens, right.loss, loss)};
  return worst_of(verdicts);
}

}  // namespace muster::training
