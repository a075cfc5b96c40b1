// Is D = A B? Checked on the host against operands made anew from their counters, whoever computed D.
#pragma once
#include "kernels/contract/device.hpp"
#include "kernels/contract/verdict.hpp"
#include "kernels/gemm/gemm_problem.hpp"

namespace muster {

/// How far a right answer may be off. u = unit roundoff (2^-53, 2^-24, 2^-11, 2^-8 for fp64, fp32, fp16,
/// bf16); u_out is that of D's type, u_acc that of the sums: 2^-53 for fp64, else 2^-24. Operands are close
/// to N(0,1), so an element of row i of D is about |a_i| (the row's 2-norm), and so is the spread of the
/// errors.
///
/// - A sum of k terms grows like sqrt(j)|a_i|/sqrt(k); rounding each partial sum to nearest leaves about
///   0.3 sqrt(k) u_acc |a_i| of error (standard deviation, in sequence; less when blocked). Tensor cores cut
///   instead of rounding, every 8 to 16 products: about ten times as much at k = 8192. Hence c = 4 for fp64
///   and fp32, 32 for the rest.
/// - One element:   |d - ref| <= 1.5 u_out |ref| + c (sqrt(k) + 4) u_acc |a_i|   (+ half a subnormal step of
/// fp16).
///   Rounding to nearest alone may use u_out |ref|; half as much again is room for a second rounding.
/// - Freivalds:     |(D x - A (B x))_i| <= (sqrt(n) + 4) (4 u_out + c (sqrt(k) + 4) u_acc) |a_i| + 2 c n
/// 2^-53 |a_i|
///   for x in {-1,+1}^n: errors of n elements add up like a random walk; the last term is the check's own
///   fp64 sums.
///
/// The "+ 4" covers short sums, where one large operand counts more than the mean. `error` of the verdict is
/// the largest error in units of its own limit, so the tolerance is 1. Measured on the host: right answers
/// reach 0.02 to 0.44 in fp64 and fp32, and 0.67, all of what rounding may use, with 16-bit output.
///
/// What is seen for certain: any error above the first limit in a sampled row (first, last and six random
/// ones), and in any row one that exceeds the second: for fp32 about 0.01 % of a typical element, for 16-bit
/// output about twice a typical element. A NaN or infinity anywhere fails.
///
/// `d` is row-major, m x n, of type problem.output, dense, in host memory. Threads of `team` share the work.
Verdict check_gemm(GemmProblem const& problem, void const* d, Team& team);

}  // namespace muster
