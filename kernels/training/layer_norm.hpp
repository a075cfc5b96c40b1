// Layer normalisation (Ba, Kiros, Hinton, "Layer normalization", 2016) of a sum with the residual stream, as
// a transformer block starts: h = x + residual, y = (h - mean(h)) / sqrt(var(h) + epsilon) gamma + beta, row
// by row. x, residual, h and y are bfloat16 in memory; sums, statistics and the arithmetic are fp32, on h
// before rounding.
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

inline constexpr float layer_norm_epsilon = 1e-5F;

struct LayerNormProblem {
  std::uint64_t rows = 0;
  std::uint64_t columns = 0;  ///< a multiple of 8
  std::uint64_t seed = 0;

  std::uint64_t count() const { return rows * columns; }
  /// x and residual read, h and y written, 2 bytes each; gamma and beta once, 4 bytes each.
  Work work() const;
  std::uint64_t memory() const { return 8 * count() + 8 * columns; }
};

LayerNormProblem layer_norm_problem(Params const& params, std::uint64_t seed);
void require_memory(LayerNormProblem const& problem, std::uint64_t free_bytes);  ///< throws OutOfMemory

/// Rows repeat with this period, a prime: the reference is one period long, yet a row in the place of another
/// shows.
inline constexpr std::uint64_t layer_norm_period = 61;

/// Keys of x, residual, gamma, beta.
struct LayerNormKeys {
  std::uint64_t x, residual, gamma, beta;
};
LayerNormKeys layer_norm_keys(std::uint64_t seed);

/// Element `index` = row x columns + column, of x or the residual.
MUSTER_HD inline std::uint16_t layer_norm_input(std::uint64_t key, std::uint64_t index,
                                                std::uint64_t columns) {
  return to_bf16(normal(key, index % (layer_norm_period * columns)));
}
MUSTER_HD inline float layer_norm_gamma(std::uint64_t key, std::uint64_t column) {
  return 1.0F + 0.25F * uniform(key, column);
}
MUSTER_HD inline float layer_norm_beta(std::uint64_t key, std::uint64_t column) {
  return 0.25F * uniform(key, column);
}

/// One period of the right answers, y computed in double.
struct LayerNormReference {
  std::vector<float> sum, y;
};
LayerNormReference layer_norm_reference(LayerNormProblem const& problem, Team& team);

/// h is the sum of two bfloat16 rounded twice, without leeway; y may be off by one rounding to bfloat16
/// (2^-8) and fp32's roundings of values of size 1 and their statistics.
inline constexpr Closeness layer_norm_sum_limit{};
inline constexpr Closeness layer_norm_y_limit{0.00390625F + 1e-5F, 2e-5F};

Verdict layer_norm_verdict(LayerNormProblem const& problem, LayerNormReference const& right,
                           Difference const& sum, Difference const& y);

}  // namespace muster::training
