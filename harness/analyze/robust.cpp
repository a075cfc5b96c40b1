#include "harness/analyze/robust.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/core/statistics.hpp"

namespace muster {

RobustScale robust_scale(std::span<double const> values, double least) {
  RobustScale scale{median(values), 0};
  std::vector<double> distances;
  distances.reserve(values.size());
  for (double const value : values) distances.push_back(std::abs(value - scale.middle));
  scale.spread = std::max(1.4826 * median(distances), least);
  return scale;
}

double robust_z(double value, RobustScale const& scale) { return (value - scale.middle) / scale.spread; }

double z_limit(double limit, std::size_t peers) {
  auto const n = static_cast<double>(peers);
  return limit + 110 / (n * n);
}

}  // namespace muster
