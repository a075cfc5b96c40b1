#include "harness/core/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace muster {
namespace {

std::vector<double> sorted(std::span<double const> samples) {
  std::vector<double> copy(samples.begin(), samples.end());
  std::ranges::sort(copy);
  return copy;
}

double quantile_of_sorted(std::vector<double> const& values, double q) {
  double const position = q * static_cast<double>(values.size() - 1);
  auto const below = static_cast<std::size_t>(position);
  auto const above = std::min(below + 1, values.size() - 1);
  double const part = position - static_cast<double>(below);
  return values[below] + part * (values[above] - values[below]);
}

/// The largest r such that P(Binomial(n, 1/2) < r) <= 0.025; then [x(r), x(n+1-r)] covers the median at >= 95
/// %.
std::size_t lower_rank(std::size_t n) {
  double const log_half_power = -static_cast<double>(n) * std::log(2.0);
  double tail = 0;
  for (std::size_t k = 0; k <= n; ++k) {
    double const log_choose = std::lgamma(static_cast<double>(n) + 1) -
                              std::lgamma(static_cast<double>(k) + 1) -
                              std::lgamma(static_cast<double>(n - k) + 1);
    tail += std::exp(log_choose + log_half_power);
    if (tail > 0.025) return k;
  }
  return n;
}

}  // namespace

double quantile(std::span<double const> samples, double q) { return quantile_of_sorted(sorted(samples), q); }
double median(std::span<double const> samples) { return quantile(samples, 0.5); }

double mean(std::span<double const> samples) {
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

double standard_deviation(std::span<double const> samples) {
  if (samples.size() < 2) return 0;
  double const centre = mean(samples);
  double sum = 0;
  for (double const x : samples) sum += (x - centre) * (x - centre);
  return std::sqrt(sum / static_cast<double>(samples.size() - 1));
}

std::optional<double> median_half_width(std::span<double const> samples) {
  std::size_t const rank = samples.empty() ? 0 : lower_rank(samples.size());
  if (rank == 0) return std::nullopt;
  auto const values = sorted(samples);
  double const low = values[rank - 1], high = values[values.size() - rank];
  return 0.5 * (high - low) / quantile_of_sorted(values, 0.5);
}

}  // namespace muster
