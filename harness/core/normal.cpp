#include "harness/core/normal.hpp"

#include <cmath>
#include <numbers>

namespace muster {

double normal_below(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

double normal_quantile(double p) {
  double low = -40, high = 40;  // beyond these no double is between 0 and 1
  for (int i = 0; i < 100; ++i) {
    double const middle = 0.5 * (low + high);
    (normal_below(middle) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace muster
