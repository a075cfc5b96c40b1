#include "harness/analyze/shift.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "harness/analyze/mann_whitney.hpp"
#include "harness/core/normal.hpp"

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

std::vector<double> sorted(std::span<double const> values) {
  std::vector<double> list(values.begin(), values.end());
  std::ranges::sort(list);
  return list;
}

/// All differences, second less first, by their order; counted from 1.
class Differences {
 public:
  Differences(std::span<double const> first, std::span<double const> second)
      : first_(sorted(first)), second_(sorted(second)) {
    if (count() > most_listed) return;
    listed_.reserve(count());
    for (double const y : second_) {
      for (double const x : first_) listed_.push_back(y - x);
    }
    std::ranges::sort(listed_);
  }

  std::size_t count() const { return first_.size() * second_.size(); }
  double at(std::size_t rank) const { return listed_.empty() ? searched(rank) : listed_[rank - 1]; }
  double middle() const {
    double const low = at((count() + 1) / 2), high = at(count() / 2 + 1);
    return low + 0.5 * (high - low);
  }

 private:
  static constexpr std::size_t most_listed = 1'000'000;  ///< 8 MB

  std::size_t not_above(double limit) const {
    std::size_t pairs = 0, large_enough = 0;  // from here on, an x of first_; the larger y, the fewer
    for (double const y : second_) {
      while (large_enough < first_.size() && y - first_[large_enough] > limit) ++large_enough;
      pairs += first_.size() - large_enough;
    }
    return pairs;
  }
  /// By halving: to the last bits of the range, in memory that does not grow with the pairs.
  double searched(std::size_t rank) const {
    double low = second_.front() - first_.back(), high = second_.back() - first_.front();
    for (int i = 0; i < 80 && low < high; ++i) {
      double const centre = low + 0.5 * (high - low);
      (not_above(centre) >= rank ? high : low) = centre;
    }
    return high;
  }

  std::vector<double> first_, second_, listed_;
};

std::vector<double> logarithms(std::span<double const> values) {
  std::vector<double> list;
  for (double const x : values) list.push_back(std::log(x));
  return list;
}

}  // namespace

Shift hodges_lehmann(std::span<double const> first, std::span<double const> second, double alpha) {
  Differences const all(first, second);
  auto const end = end_of(first.size(), second.size(), alpha);
  return {all.middle(), {all.at(end.rank), all.at(all.count() + 1 - end.rank)}, end.confidence, end.exact};
}

Shift ratio_of(std::span<double const> first, std::span<double const> second, double alpha) {
  Shift shift = hodges_lehmann(logarithms(first), logarithms(second), alpha);
  shift.estimate = std::exp(shift.estimate);
  shift.interval = {std::exp(shift.interval.low), std::exp(shift.interval.high)};
  return shift;
}

}  // namespace muster
