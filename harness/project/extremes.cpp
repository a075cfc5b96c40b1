#include "harness/project/extremes.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>

#include "harness/core/normal.hpp"
#include "harness/core/statistics.hpp"

namespace muster::project {
namespace {

constexpr std::size_t least_beyond = 10;  ///< values from which a tail's width can be told within a third
constexpr std::size_t least_sample = 2 * least_beyond;

/// Standard deviation of the logarithm of a spread that nobody measured: published ones of like systems
/// differ by a factor of two to three (Sinha et al., SC22: 8 % on average, 22 % at most).
constexpr double doubt_of_assumed = 0.5;

std::vector<double> excesses(std::span<double const> values) {
  std::vector<double> result(values.begin(), values.end());
  if (result.empty()) return result;
  std::ranges::sort(result);
  double const middle = median(result);
  for (double& value : result) value = value / middle - 1;
  return result;
}

double quantile_of(std::vector<double> const& rising, double p) {
  double const position = p * static_cast<double>(rising.size() - 1);
  auto const below = static_cast<std::size_t>(position);
  auto const above = std::min(below + 1, rising.size() - 1);
  return std::lerp(rising[below], rising[above], position - static_cast<double>(below));
}

double normal_density(double z) { return std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi); }

/// Mean excess of the standard normal distribution over z, of which a share `beyond` lies beyond.
double normal_mean_excess(double z, double beyond) { return normal_density(z) / beyond - z; }

}  // namespace

Spread::Spread(std::span<double const> values, double assumed, Tail tail)
    : values_(excesses(values)),
      width_(values_.size() < 2 ? assumed : standard_deviation(values_)),
      tail_(tail) {
  if (values_.size() < least_sample) return;
  auto const first = values_.end() - static_cast<std::ptrdiff_t>(least_beyond);
  threshold_ = *(first - 1);
  mean_excess_ = std::accumulate(first, values_.end(), 0.0) / least_beyond - threshold_;
  beyond_ = static_cast<double>(least_beyond) / static_cast<double>(values_.size());
}

double Spread::excess(double p) const {
  if (values_.size() < least_sample) return standard_excess(p);
  return p > 1 - beyond_ ? tail_excess(p) : sample_excess(p);
}

/// Without a sample's shape: about the median, one standard deviation wide.
double Spread::standard_excess(double p) const {
  if (tail_ == Tail::normal) return width_ * normal_quantile(p);
  return width_ * (-std::log1p(-p) - std::numbers::ln2);
}

double Spread::tail_excess(double p) const {
  if (tail_ == Tail::exponential) return threshold_ + mean_excess_ * std::log(beyond_ / (1 - p));
  double const z = normal_quantile(1 - beyond_);
  double const scale = mean_excess_ / normal_mean_excess(z, beyond_);
  return threshold_ + scale * (normal_quantile(p) - z);
}

/// Up to the threshold, where the tail goes on.
double Spread::sample_excess(double p) const { return std::min(quantile_of(values_, p), threshold_); }

double Spread::slowest(double count, double p) const { return excess(std::pow(p, 1 / count)); }

/// Of a normal sample's standard deviation: 1 / sqrt(2 (n - 1)).
double Spread::doubt() const {
  if (is_assumed()) return doubt_of_assumed;
  return std::min(doubt_of_assumed, 1 / std::sqrt(2 * static_cast<double>(values_.size() - 1)));
}

/// Beyond 64 by its asymptotic series, whose error is below 1e-15 there.
double harmonic(int n) {
  if (n > 64) {
    double const x = n, inverse = 1 / (x * x);
    return std::log(x) + std::numbers::egamma + 0.5 / x - inverse / 12 + inverse * inverse / 120;
  }
  double sum = 0;
  for (int i = n; i > 0; --i) sum += 1.0 / i;
  return sum;
}

}  // namespace muster::project
