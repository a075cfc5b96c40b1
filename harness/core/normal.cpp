#include "harness/core/normal.hpp"

#include <cmath>
#include <numbers>

namespace muster {

double normal_below(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

namespace {

double density(double z) { return std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi); }

/// For p <= 1/2, to 4.5e-4: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 26.2.23.
double about_quantile(double p) {
  double const t = std::sqrt(-2 * std::log(p));
  double const above = 2.515517 + t * (0.802853 + t * 0.010328);
  double const below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  return above / below - t;
}

}  // namespace

/// Two of Halley's steps, each of which triples the digits.
double normal_quantile(double p) {
  if (p > 0.5) return -normal_quantile(1 - p);
  double z = about_quantile(p);
  for (int i = 0; i < 2; ++i) {
    double const off = (normal_below(z) - p) / density(z);
    z -= off / (1 + 0.5 * z * off);
  }
  return z;
}

}  // namespace muster
