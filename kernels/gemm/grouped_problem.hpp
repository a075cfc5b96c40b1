// Products of different heights in one launch, as a mixture of experts has them: what is computed, and what
// it costs.
#pragma once
#include <cstdint>
#include <vector>

#include "kernels/contract/params.hpp"
#include "kernels/contract/work.hpp"
#include "kernels/gemm/gemm_problem.hpp"

namespace muster {

/// Rows of each group: `total` of them, all multiples of 8 and none 0, as unevenly as experts get their
/// tokens: each has a share of 0.25 to 1.75 of the even one. The same split for the same two numbers, always.
/// `total` is a multiple of 8 and at least 8 `groups`.
std::vector<std::int64_t> uneven_split(std::int64_t total, std::int64_t groups);

/// D_g = A_g B_g for each group g; A_g is rows[g] x k, B_g is k x n and stored n x k (layout nt, as weights
/// are). The A_g lie one after the other, and the D_g too.
struct GroupedProblem {
  GemmType type = GemmType::bf16;
  std::vector<std::int64_t> rows{};
  std::int64_t n = 0, k = 0;
  std::uint64_t seed = 0;

  /// One group's product, with data of its own.
  GemmProblem group(std::size_t index) const;
  std::size_t groups() const { return rows.size(); }
  std::uint64_t a_bytes() const;
  std::uint64_t b_bytes() const;  ///< of all groups, without gaps
  std::uint64_t d_bytes() const;
  std::uint64_t total_bytes() const { return a_bytes() + b_bytes() + d_bytes(); }
  Work work() const;  ///< the sum over all groups
};

/// From a case's parameters `type`, `groups`, `m` (of all groups together), `n`, `k`.
GroupedProblem grouped_problem(Params const& params, std::uint64_t seed);

/// Throws OutOfMemory when the operands and `extra_bytes` do not fit into `free_bytes`: says how much is
/// needed, how much is free, and the largest n that fits.
void require_memory(GroupedProblem const& problem, std::uint64_t free_bytes, std::uint64_t extra_bytes = 0);

}  // namespace muster
