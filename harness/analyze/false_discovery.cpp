#include "harness/analyze/false_discovery.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace muster {

std::vector<double> benjamini_hochberg(std::span<double const> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return p[i]; });
  std::vector<double> q(p.size());
  double lowest = 1;
  for (std::size_t i = 0; i < order.size(); ++i) {
    double const scale = static_cast<double>(p.size()) / static_cast<double>(p.size() - i);
    q[order[i]] = lowest = std::min(lowest, p[order[i]] * scale);
  }
  return q;
}

}  // namespace muster
