// How slow the slowest of many is, from a sample of few.
#pragma once
#include <span>
#include <vector>

namespace muster::project {

/// How rare values beyond a sample are taken to go on.
enum class Tail {
  normal,      ///< of parts made alike: clocks and chips vary about a middle
  exponential  ///< of delays: each further one as likely as the last
};

/// A distribution of times about their median, as relative excesses: 0.02 is 2 % slower than the median.
///
/// From ten values beyond it upwards the sample speaks for itself (quantiles of type 7). Farther out a tail
/// of the given kind goes on from the tenth largest value, as wide as the mean excess over it says ("peaks
/// over threshold": S. Coles, "An Introduction to Statistical Modeling of Extreme Values", Springer 2001,
/// chapter 4, with shape 0 for the exponential). A sample below twenty says only how wide it is: then it is
/// that kind of distribution, with the sample's standard deviation. One value says nothing: `assumed` stands
/// for the standard deviation.
class Spread {
 public:
  /// `values`: times over their median (any unit would do), each > 0.
  Spread(std::span<double const> values, double assumed, Tail tail);

  /// The excess that a share `p` of all stays below; 0 < p < 1. 0 at the median of assumed and small samples.
  double excess(double p) const;
  /// The excess of the slowest of `count` (>= 1, need not be whole), where a share `p` of such slowest ones
  /// is below: excess(p^(1 / count)).
  double slowest(double count, double p) const;
  /// One standard deviation of the logarithm of the width, by which so few values can be wrong.
  double doubt() const;
  bool is_assumed() const { return values_.size() < 2; }

 private:
  double standard_excess(double p) const;
  double tail_excess(double p) const;
  double sample_excess(double p) const;

  std::vector<double> values_;                           ///< excesses, rising
  double width_ = 0;                                     ///< standard deviation
  double threshold_ = 0, mean_excess_ = 0, beyond_ = 0;  ///< of the tail; beyond_: share of values in it
  Tail tail_;
};

/// The harmonic number H_n = 1 + 1/2 + ... + 1/n: the mean of the largest of n exponential delays of mean 1.
double harmonic(int n);

}  // namespace muster::project
