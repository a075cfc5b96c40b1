// Is D = A B? Checked against operands made anew from their counters, whoever computed D.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/contract/device.hpp"
#include "kernels/contract/verdict.hpp"
#include "kernels/gemm/gemm_problem.hpp"
#include "kernels/gemm/gemm_row_sums.hpp"

namespace muster {

/// How far a right answer may be off. u = unit roundoff (2^-53, 2^-24, 2^-11, 2^-8 for fp64, fp32, fp16,
/// bf16); u_out is that of D's type, u_acc that of the sums: 2^-53 for fp64, 2^-13 for fp8, else 2^-24. An
/// element of row i of D is about s_i = |a_i| |b| (2-norm of the row, root mean square of B's elements;
/// sqrt(k) times that for constant operands, which do not cancel), and so is the spread of the errors.
///
/// - A sum of k terms grows like sqrt(j) s_i/sqrt(k); rounding each partial sum to nearest leaves about
///   0.3 sqrt(k) u_acc s_i of error (standard deviation, in sequence; less when blocked): c = 4 for fp64 and
///   fp32.
/// - Tensor cores cut the partial sum toward zero instead of rounding it, after every w products: errors all
/// have the
///   same sign, and grow like k. w = 4 for tf32, 8 for fp16 and bf16 on an A100 (Fasi, Higham, Mikaitis,
///   Pranesh, "Numerical behavior of NVIDIA tensor cores", PeerJ CS 2021), more since. Half an ulp a step, of
///   a sum that grows as above, has a standard deviation of 0.42 (k/w) u_acc s_i; t = 2.5 (k/w) u_acc is six
///   of them. Besides, c = 32. For fp8 Hopper keeps about 14 bits of each partial sum (DeepSeek-V3 Technical
///   Report, 2024, section 3.3.2, reports errors near 2 % at k = 4096): u_acc = 2^-13, w = 32 and c = 8. Not
///   measured here. t = 0 for fp64, fp32 and int8.
/// - One element:   |d - ref| <= 1.5 u_out |ref| + (c (sqrt(k) + 4) u_acc + t) s_i   (+ half a subnormal step
/// of fp16).
///   Rounding to nearest alone may use u_out |ref|; half as much again is room for a second rounding.
/// - Freivalds:     |(D x - A (B x))_i| <= (sqrt(n) + 4) (4 u_out + c (sqrt(k) + 4) u_acc + t) s_i + 2 c n
/// 2^-53 s_i
///   for x in {-1,+1}^n: errors of n elements add up like a random walk; the last term is the check's own
///   fp64 sums.
/// - int8: exact.
///
/// The "+ 4" covers short sums, where one large operand counts more than the mean.
struct GemmLimits {
  explicit GemmLimits(GemmProblem const& problem);
  double element(double reference, double scale) const;
  double row_sum(double scale) const { return freivalds * scale + row_floor; }

  double out = 0, sums = 0, floor = 0, freivalds = 0, row_floor = 0;
  double per_norm = 0;  ///< s_i of a row whose norm is 1
};

/// The largest error found in units of its own limit, and where it was if that is above 1.
struct GemmFinding {
  double ratio = 0;
  std::string detail{};

  void merge(GemmFinding&& other) {
    if (other.ratio > ratio) *this = std::move(other);
  }
};

/// Which rows of D (counted over all products, see GemmProblem::d_rows) are compared element by element: the
/// first, the last, and random ones; 64 in all, fewer where they would cost the host more than 12 GFLOP, but
/// at least 8.
std::vector<std::uint64_t> gemm_sampled_rows(GemmProblem const& problem);

/// Compares rows `rows` with the fp64 product of operands made anew. got[r] is row rows[r]: n elements of D's
/// type, in host memory. Threads of `team` share the work.
GemmFinding check_sampled_rows(GemmProblem const& problem, std::span<std::uint64_t const> rows,
                               std::span<void const* const> got, Team& team);

/// Freivalds' check of every row of D, which is in host memory.
std::vector<GemmRowSums> gemm_row_sums(GemmProblem const& problem, void const* d, Team& team);

GemmFinding judge_row_sums(GemmProblem const& problem, std::span<GemmRowSums const> sums);

/// Both checks of a D in host memory. `error` of the verdict is the largest error in units of its own limit,
/// so the tolerance is 1. Measured on the host: right answers reach 0.02 to 0.44 in fp64 and fp32, and 0.67,
/// all of what rounding may use, with 16-bit output.
///
/// What is seen for certain: any error above the first limit in a sampled row, and in any row one that
/// exceeds the second: for fp32 about 0.01 % of a typical element, for 16-bit output about twice a typical
/// element. A NaN or infinity anywhere fails.
///
/// `d`: `batch` products one after the other, each row-major, m x n, dense, of type problem.output.
Verdict check_gemm(GemmProblem const& problem, void const* d, Team& team);

}  // namespace muster
