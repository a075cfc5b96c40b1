// Where the middle of many figures is, and how far one of them lies from it, whatever a few of them do.
#pragma once
#include <cstddef>
#include <span>

namespace muster {

struct RobustScale {
  double middle = 0;  ///< the median
  double spread =
      0;  ///< 1.4826 times the median absolute deviation: a normal distribution's standard deviation
};

/// `values` not empty. `least`: the spread is taken to be that at least, so that more than half equal values
/// (whose deviation is 0) accuse nobody of a rounding error.
RobustScale robust_scale(std::span<double const> values, double least);

/// (value - middle) / spread. Source: B. Iglewicz and D. Hoaglin, How to Detect and Handle Outliers (1993),
/// whose 0.6745 is 1 / 1.4826.
double robust_z(double value, RobustScale const& scale);

/// Below minus this, a value stands apart among `peers` of them (itself among them), if `limit` is what many
/// of them would need: the spread of few is itself uncertain. limit + 110 / peers^2, from four million normal
/// values a size: of 8, 10, 12 or 16 such, one in 100 sets has a value below -6.7, -6.0, -5.5, -5.0.
double z_limit(double limit, std::size_t peers);

}  // namespace muster
