#include "harness/core/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
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
std::size_t count_lower_rank(std::size_t n) {
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

/// Ranks of one case have about as many samples each: the last answer often serves again.
std::size_t lower_rank(std::size_t n) {
  thread_local std::pair<std::size_t, std::size_t> last{0, 0};
  if (last.first != n) last = {n, count_lower_rank(n)};
  return last.second;
}

}  // namespace

OrderStatistics::OrderStatistics(std::span<double const> samples) : values_(sorted(samples)) {}

double OrderStatistics::quantile(double q) const { return quantile_of_sorted(values_, q); }

std::optional<double> OrderStatistics::median_half_width() const {
  std::size_t const rank = lower_rank(values_.size());
  if (rank == 0) return std::nullopt;
  double const low = values_[rank - 1], high = values_[values_.size() - rank];
  return 0.5 * (high - low) / quantile(0.5);
}

double quantile(std::span<double const> samples, double q) { return quantile_of_sorted(sorted(samples), q); }

/// Without sorting all of them.
double median(std::span<double const> samples) {
  std::vector<double> values(samples.begin(), samples.end());
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
  std::ranges::nth_element(values, middle);
  if (values.size() % 2 == 1) return *middle;
  double const above = *std::min_element(middle + 1, values.end());
  return *middle + 0.5 * (above - *middle);
}

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
  return samples.empty() ? std::nullopt : OrderStatistics(samples).median_half_width();
}

}  // namespace muster
