#include "harness/measure/stopping.hpp"

#include <limits>

#include "harness/core/statistics.hpp"

namespace muster {

double StoppingRule::width_of(std::span<double const> samples) {
  auto const half = median_half_width(samples);
  return half ? 2 * *half : std::numeric_limits<double>::infinity();
}

}  // namespace muster
