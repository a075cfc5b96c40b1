// Order statistics of samples.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace muster {

/// Linear-interpolation quantile (Hyndman and Fan's type 7, as NumPy's default). `samples` not empty, 0 <= q
/// <= 1.
double quantile(std::span<double const> samples, double q);
double median(std::span<double const> samples);
double mean(std::span<double const> samples);
/// Standard deviation of a sample (n - 1); 0 for fewer than two.
double standard_deviation(std::span<double const> samples);

/// Half-width of the distribution-free interval of the median, relative to the median, at 95 % or the next
/// higher level that order statistics offer. Absent below 6 samples, where no such interval exists (2 * 0.5^5
/// > 0.05).
std::optional<double> median_half_width(std::span<double const> samples);

/// Several of these of the same samples, which are then sorted once.
class OrderStatistics {
 public:
  explicit OrderStatistics(std::span<double const> samples);  ///< not empty
  double quantile(double q) const;
  double lowest() const { return values_.front(); }
  double highest() const { return values_.back(); }
  std::optional<double> median_half_width() const;

 private:
  std::vector<double> values_;
};

}  // namespace muster
