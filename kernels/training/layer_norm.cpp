#include "kernels/training/layer_norm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/contract/error.hpp"
#include "kernels/contract/share.hpp"

namespace muster::training {

namespace {

void reference_row(LayerNormProblem const& problem, std::uint64_t row, LayerNormReference& right) {
  auto const keys = layer_norm_keys(problem.seed);
  auto const columns = problem.columns;
  std::vector<double> h(columns);
  double mean = 0, variance = 0;
  for (std::uint64_t c = 0; c < columns; ++c) {
    auto const at = row * columns + c;
    float const sum = from_bf16(layer_norm_input(keys.x, at, columns)) +
                      from_bf16(layer_norm_input(keys.residual, at, columns));
    right.sum[at] = from_bf16(to_bf16(sum));
    h[c] = static_cast<double>(sum);
    mean += h[c];
  }
  mean /= static_cast<double>(columns);
  for (double const value : h) variance += (value - mean) * (value - mean);
  variance /= static_cast<double>(columns);
  double const scale = 1 / std::sqrt(variance + static_cast<double>(layer_norm_epsilon));
  for (std::uint64_t c = 0; c < columns; ++c) {
    double const gamma = static_cast<double>(layer_norm_gamma(keys.gamma, c));
    double const beta = static_cast<double>(layer_norm_beta(keys.beta, c));
    right.y[row * columns + c] = static_cast<float>((h[c] - mean) * scale * gamma + beta);
  }
}

}  // namespace

// Per element: the sum, two for each of mean and variance (and the difference), difference, scale,
// multiply-add.
Work LayerNormProblem::work() const {
  return {.bytes = 8 * count() + 8 * columns, .flops = 9 * count(), .items = rows};
}

LayerNormProblem layer_norm_problem(Params const& params, std::uint64_t seed) {
  return {static_cast<std::uint64_t>(params.integer("rows")),
          static_cast<std::uint64_t>(params.integer("columns")), seed};
}

void require_memory(LayerNormProblem const& problem, std::uint64_t free_bytes) {
  if (problem.memory() <= free_bytes) return;
  auto const rows = free_bytes / (8 * problem.columns);
  throw OutOfMemory(
      fmt::format("{} x {} elements in four arrays need {:.2f} GiB (only {:.2f} GiB are free) use rows <= {}",
                  problem.rows, problem.columns, static_cast<double>(problem.memory()) / (1 << 30),
                  static_cast<double>(free_bytes) / (1 << 30), rows > 1 ? rows - 1 : 0));
}

LayerNormKeys layer_norm_keys(std::uint64_t seed) {
  return {stream_key(seed, 0x6C78), stream_key(seed, 0x6C72), stream_key(seed, 0x6C67),
          stream_key(seed, 0x6C62)};
}

LayerNormReference layer_norm_reference(LayerNormProblem const& problem, Team& team) {
  auto const rows = std::min(problem.rows, layer_norm_period);
  LayerNormReference right{std::vector<float>(rows * problem.columns),
                           std::vector<float>(rows * problem.columns)};
  team.run([&](int index) {
    auto const [begin, end] = share_of(rows, index, team.size());
    for (std::uint64_t row = begin; row < end; ++row) reference_row(problem, row, right);
  });
  return right;
}

Verdict layer_norm_verdict(LayerNormProblem const& problem, LayerNormReference const& right,
                           Difference const& sum, Difference const& y) {
  constexpr char const* method = "every element, with a reference in fp64";
  std::array const verdicts{judge(method, "the sum", problem.count(), right.sum, sum),
                            judge(method, "the normalised sum", problem.count(), right.y, y)};
  return worst_of(verdicts);
}

}  // namespace muster::training
