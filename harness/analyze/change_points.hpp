// Where a series changes its level. Source: D. S. Matteson, N. A. James, "A Nonparametric Approach for
// Multiple Change Point Analysis of Multivariate Data", Journal of the American Statistical Association 109
// (2014): E-divisive, exponent 1. As in M. Fleming et al., "Hunter: Using Change Point Detection to Hunt for
// Performance Regressions", ICPE 2023, the right part of a split always ends where its segment does.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace muster {

struct ChangeRules {
  std::size_t least = 3;   ///< points of a level
  double level = 0.005;    ///< a split counts whose p is at most this
  int permutations = 999;  ///< of which p is made: (those with as large a statistic + 1) / (all + 1)
  std::uint64_t seed = 0x68697374;
};

struct Split {
  std::size_t at = 0;  ///< first point of the right part
  double statistic = 0, p = 1;
};

/// The split whose parts are farthest apart by the energy distance, weighted by their sizes; `at` 0 where the
/// series is too short for one. Without p.
Split best_split(std::span<double const> series, std::size_t least);

/// Splits, then splits the parts, until no split counts; by position. Permutations are drawn from the seed
/// and the segment's place: the same series gives the same points. They end early once p is too large.
std::vector<Split> change_points(std::span<double const> series, ChangeRules const& rules);

}  // namespace muster
