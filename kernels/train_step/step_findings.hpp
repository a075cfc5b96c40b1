// What a check of the training step has found so far, and how far a right answer may be off.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/contract/verdict.hpp"
#include "kernels/train_step/step_plan.hpp"

namespace muster::train {

/// The largest error in units of its own limit, and what was wrong where it was above 1.
class StepFindings {
 public:
  static constexpr double beyond = 1e9;  ///< the error of what is no number, or not right in any measure

  /// One fault, whatever its size.
  void fail(std::string detail) { add(beyond, std::move(detail)); }
  void add(double ratio, std::string detail);
  void merge(StepFindings const& other);

  double ratio() const { return ratio_; }
  std::vector<std::string> const& details() const { return details_; }
  /// The first few faults in words.
  Verdict verdict(std::string method) const;

 private:
  double ratio_ = 0;
  std::vector<std::string> details_{};
};

/// The worst of several elements of one array.
class WorstElement {
 public:
  /// `where`: called for the worst that is wrong so far: names the element.
  template <class Where>
  void see(double got, double expected, double limit, Where&& where) {
    double const seen = ratio_of(got - expected, limit);
    if (seen <= ratio_) return;
    ratio_ = seen;
    if (seen > 1) detail_ = described(where(), got, expected, limit);
  }
  /// Adds it to all that was found; `what` names the array.
  void report(StepFindings& findings, std::string const& what) const;

 private:
  static double ratio_of(double error, double limit);
  static std::string described(std::string const& where, double got, double expected, double limit);

  double ratio_ = 0;
  std::string detail_{};
};

/// A sum of `count` products, in double, and the product of its factors' norms.
struct Dot {
  double value = 0, norms = 0;
  std::uint64_t count = 0;
};
Dot dot(std::vector<double> const& left, std::vector<double> const& right);

/// How far elements may be off that were computed right. u: unit roundoff of the step's type T (2^-24, 2^-8);
/// e = 2^-24: products and sums are made in fp32, and rounded to T once, for which 1.5 u |expected| leaves
/// room. Besides `tiny`, for each number that is added: what lies below the smallest normal float (2^-126) is
/// kept with fewer bits, or taken for 0, as the machine likes it.
struct StepLimits {
  explicit StepLimits(Type type);

  double stored(double expected) const;  ///< a number that was rounded to T and no more
  /// phi() and the like: four roundings in fp32, then T.
  double formula(double expected) const { return stored(expected) + 4 * single * size(expected); }
  /// A matrix product's element, with GemmLimits' constants (kernels/gemm/gemm_check.hpp says where they are
  /// from):
  /// c (1 + 4 / sqrt(K)) e |x||w|, c = 4, or 32 and 2.5 sqrt(K) / 8 more for bf16, whose sums tensor cores
  /// cut. Trained operands may agree in sign, unlike those of a GEMM benchmark: sums then grow like K, and
  /// rounding leaves sqrt(K) e, cutting K / 8 e of |expected|.
  double product(Dot const& exact) const;
  /// A sum of `terms` numbers that are there, in fp32: (sqrt(terms) + 4) e of their norm and of the sum.
  double sum(double expected, double norm, std::uint64_t terms) const;
  /// The sum over ranks, rounded to T with every rank that is added: 3 sqrt(ranks - 1) u of the numbers'
  /// norm or of the sum.
  double over_ranks(double expected, double norm, int ranks) const;

  static double size(double value) { return value < 0 ? -value : value; }
  static constexpr double single = 0x1p-24, tiny = 0x1p-126;

  double unit;
  bool cut;  ///< sums may be cut by tensor cores in place of rounded
};

}  // namespace muster::train
