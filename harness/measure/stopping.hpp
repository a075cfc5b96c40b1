// When to stop sampling.
#pragma once
#include <span>

namespace muster {

/// Enough samples are there when the distribution-free 95 % interval of their median is narrower than
/// `width`, relative to the median; more would not move the figure by more than that. Six samples are the
/// fewest that have such an interval. Source: order statistics of the median, as in core/statistics.hpp; the
/// 0.5 % that sampling asks for is nvbench's usual noise limit too (there of the standard deviation, which
/// outliers inflate).
class StoppingRule {
 public:
  explicit StoppingRule(double width) : width_(width) {}

  /// The width reached; infinite while there are too few samples for an interval.
  static double width_of(std::span<double const> samples);

  bool enough(double width) const { return width < width_; }

 private:
  double width_;
};

}  // namespace muster
