// One GEMM as numbers: type, sizes, layout, what it costs. Shared by both backends.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "kernels/contract/params.hpp"
#include "kernels/contract/portable.hpp"
#include "kernels/contract/work.hpp"
#include "kernels/gemm/gemm_types.hpp"

namespace muster {

/// `batch` products D = A B, one after the other in memory; A is m x k, B is k x n, D is m x n. D has
/// `output`'s type. Plain data: kernels take it as an argument.
struct GemmProblem {
  GemmType type = GemmType::fp32;
  GemmType output = GemmType::fp32;
  std::int64_t m = 0, n = 0, k = 0;
  std::uint64_t seed = 0;
  GemmLayout layout = GemmLayout::nn;
  std::int64_t batch = 1;
  GemmDist dist = GemmDist::normal;

  /// Of A the type itself. B is e4m3 in both fp8 cases: no library multiplies e5m2 by e5m2.
  constexpr GemmType b_type() const { return type == GemmType::fp8_e5m2 ? GemmType::fp8_e4m3 : type; }

  /// Elements of all products together.
  constexpr std::uint64_t a_count() const { return product(m, k); }
  constexpr std::uint64_t b_count() const { return product(k, n); }
  constexpr std::uint64_t d_count() const { return product(m, n); }
  /// Rows of D of all products together; row r is row r % m of product r / m.
  constexpr std::uint64_t d_rows() const { return product(m, 1); }

  std::uint64_t a_bytes() const { return a_count() * element_bytes(type); }
  std::uint64_t b_bytes() const { return b_count() * element_bytes(b_type()); }
  std::uint64_t d_bytes() const { return d_count() * element_bytes(output); }
  std::uint64_t total_bytes() const { return a_bytes() + b_bytes() + d_bytes(); }
  /// 2 m n k operations a product; A and B read once, D written once.
  Work work() const;

 private:
  constexpr std::uint64_t product(std::int64_t rows, std::int64_t columns) const {
    return static_cast<std::uint64_t>(batch) * static_cast<std::uint64_t>(rows) *
           static_cast<std::uint64_t>(columns);
  }
};

/// Where elements of one line of an operand lie: `first`, then `step` elements on each.
struct GemmLine {
  std::uint64_t first, step;
};
/// Row i of A in product `batch`: its k elements.
MUSTER_HD constexpr GemmLine a_row(GemmProblem const& problem, std::uint64_t batch, std::uint64_t i) {
  auto const m = static_cast<std::uint64_t>(problem.m), k = static_cast<std::uint64_t>(problem.k);
  bool const turned = problem.layout == GemmLayout::tn || problem.layout == GemmLayout::tt;
  return turned ? GemmLine{batch * m * k + i, m} : GemmLine{batch * m * k + i * k, 1};
}
/// Row p of B in product `batch`: its n elements.
MUSTER_HD constexpr GemmLine b_row(GemmProblem const& problem, std::uint64_t batch, std::uint64_t p) {
  auto const n = static_cast<std::uint64_t>(problem.n), k = static_cast<std::uint64_t>(problem.k);
  bool const turned = problem.layout == GemmLayout::nt || problem.layout == GemmLayout::tt;
  return turned ? GemmLine{batch * n * k + p, k} : GemmLine{batch * n * k + p * n, 1};
}

/// D's type where nothing else is asked for: int32 for int8, bf16 for fp8, the operands' own for the rest.
GemmType usual_output(GemmType type);

/// From a case's parameters `type`, `m`, `n`, `k`; `layout`, `batch` and `dist` where it has them.
GemmProblem gemm_problem(Params const& params, std::uint64_t seed);

/// "bf16 of 8192 x 8192 x 8192", with layout and batch where they are not the plain ones.
std::string describe(GemmProblem const& problem);

/// Throws OutOfMemory when the operands (and `extra_bytes` of workspace) do not fit into `free_bytes`: says
/// how much is needed, how much is free, and the largest square size that fits.
void require_memory(GemmProblem const& problem, std::uint64_t free_bytes, std::uint64_t extra_bytes = 0);

}  // namespace muster
