// Are the values of one group larger than those of another? By ranks alone, so that no distribution has to be
// assumed. Source: H. B. Mann, D. R. Whitney, "On a Test of Whether One of Two Random Variables Is
// Stochastically Larger than the Other", Annals of Mathematical Statistics 18 (1947).
#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace muster {

struct RankTest {
  double u = 0;       ///< pairs in which the second group's value is the larger one; equal ones count half
  double p = 1;       ///< two-sided: twice the smaller tail, at most 1
  bool exact = true;  ///< else by the normal approximation with correction for ties and continuity
};

/// Both groups not empty, all values finite. Exact up to 2,500 pairs (50 against 50) without ties, up to 400
/// (20 against 20) with ties, whose permutation distribution depends on where they are.
RankTest mann_whitney(std::span<double const> first, std::span<double const> second);

/// The distribution of u without ties for groups of these sizes, P(U <= u) for u = 0 ... first * second;
/// empty where it is not computed exactly (above 2,500 pairs).
std::vector<double> const& rank_distribution(std::size_t first, std::size_t second);

}  // namespace muster
