#include "harness/analyze/shift.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "harness/analyze/mann_whitney.hpp"
#include "harness/analyze/normal.hpp"
#include "harness/core/statistics.hpp"

namespace muster {
namespace {

/// Which of the ordered differences, counted from either end and from 1, ends the interval.
struct End {
  std::size_t rank = 1;
  double confidence = 0;
  bool exact = true;
};

End exact_end(std::vector<double> const& below, double alpha) {
  std::size_t rank = 0;
  while (rank < below.size() && 2 * below[rank] <= alpha) ++rank;
  rank = std::max<std::size_t>(rank, 1);
  return {rank, 1 - std::min(1.0, 2 * below[rank - 1]), true};
}

End approximate_end(double m, double n, double alpha) {
  double const spread = std::sqrt(m * n * (m + n + 1) / 12);
  double const rank = std::floor(0.5 * m * n + normal_quantile(alpha / 2) * spread + 0.5);
  return {static_cast<std::size_t>(std::max(rank, 1.0)), 1 - alpha, false};
}

End end_of(std::size_t m, std::size_t n, double alpha) {
  auto const& below = rank_distribution(m, n);
  return below.empty() ? approximate_end(static_cast<double>(m), static_cast<double>(n), alpha)
                       : exact_end(below, alpha);
}

std::vector<double> differences(std::span<double const> first, std::span<double const> second) {
  std::vector<double> list;
  list.reserve(first.size() * second.size());
  for (double const y : second) {
    for (double const x : first) list.push_back(y - x);
  }
  std::ranges::sort(list);
  return list;
}

std::vector<double> logarithms(std::span<double const> values) {
  std::vector<double> list;
  for (double const x : values) list.push_back(std::log(x));
  return list;
}

}  // namespace

Shift hodges_lehmann(std::span<double const> first, std::span<double const> second, double alpha) {
  auto const all = differences(first, second);
  auto const end = end_of(first.size(), second.size(), alpha);
  return {median(all), {all[end.rank - 1], all[all.size() - end.rank]}, end.confidence, end.exact};
}

Shift ratio_of(std::span<double const> first, std::span<double const> second, double alpha) {
  Shift shift = hodges_lehmann(logarithms(first), logarithms(second), alpha);
  shift.estimate = std::exp(shift.estimate);
  shift.interval = {std::exp(shift.interval.low), std::exp(shift.interval.high)};
  return shift;
}

}  // namespace muster
