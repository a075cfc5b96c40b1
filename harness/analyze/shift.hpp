// By how much two groups differ. Source: J. L. Hodges, E. L. Lehmann, "Estimates of Location Based on Rank
// Tests", Annals of Mathematical Statistics 34 (1963).
#pragma once
#include <span>

#include "harness/core/comparison.hpp"

namespace muster {

struct Shift {
  double estimate = 0;    ///< the median of all differences, second less first
  Interval interval{};    ///< every shift that the Mann-Whitney test does not reject
  double confidence = 0;  ///< what it covers; below 1 - alpha only where no interval of so few values does
  bool exact = true;      ///< else its ends are from the normal approximation
};

/// Both groups not empty, values finite. The interval's ends are order statistics of the differences, chosen
/// from the distribution without ties; with ties it covers at least as much.
Shift hodges_lehmann(std::span<double const> first, std::span<double const> second, double alpha);

/// The same of logarithms: how many times as large the second group is. Values greater than 0.
Shift ratio_of(std::span<double const> first, std::span<double const> second, double alpha);

}  // namespace muster
