#include "harness/core/band.hpp"

#include "harness/core/statistics.hpp"

namespace muster::project {

Band band_of(std::span<double const> draws) {
  OrderStatistics const ordered(draws);
  return {ordered.quantile(0.1), ordered.quantile(0.5), ordered.quantile(0.9)};
}

}  // namespace muster::project
