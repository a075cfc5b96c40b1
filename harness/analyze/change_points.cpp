#include "harness/analyze/change_points.hpp"

#include <cmath>
#include <numeric>
#include <random>
#include <utility>

namespace muster {
namespace {

/// All distances between the points of a series.
class Distances {
 public:
  explicit Distances(std::span<double const> series) : size_(series.size()), values_(size_ * size_) {
    for (std::size_t i = 0; i < size_; ++i) {
      for (std::size_t j = 0; j < size_; ++j) values_[i * size_ + j] = std::abs(series[i] - series[j]);
    }
    total_ = std::accumulate(values_.begin(), values_.end(), 0.0) / 2;
  }
  std::size_t size() const { return size_; }
  double total() const { return total_; }  ///< of all pairs
  double at(std::size_t i, std::size_t j) const { return values_[i * size_ + j]; }

 private:
  std::size_t size_;
  std::vector<double> values_;
  double total_ = 0;
};

double pairs(std::size_t n) { return static_cast<double>(n) * static_cast<double>(n - 1) / 2; }

/// Matteson and James's Q: nm / (n + m) times twice the mean distance between the parts, less the mean
/// distances within each.
double separation(std::size_t n, std::size_t m, double between, double left, double right) {
  double const both = static_cast<double>(n) * static_cast<double>(m);
  return both / static_cast<double>(n + m) * (2 * between / both - left / pairs(n) - right / pairs(m));
}

/// Of the points in this order. Sums of both parts are carried on from split to split.
Split best_of(Distances const& distances, std::vector<std::size_t> const& order, std::size_t least) {
  std::size_t const size = order.size();
  double left = 0, right = distances.total();
  Split best;
  for (std::size_t at = 1; at + least <= size; ++at) {
    std::size_t const moved = order[at - 1];
    for (std::size_t i = 0; i + 1 < at; ++i) left += distances.at(order[i], moved);
    for (std::size_t i = at; i < size; ++i) right -= distances.at(order[i], moved);
    if (at < least) continue;
    double const q = separation(at, size - at, distances.total() - left - right, left, right);
    if (best.at == 0 || q > best.statistic) best = {at, q, 1};
  }
  return best;
}

std::vector<std::size_t> in_order(std::size_t size) {
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

/// Fisher and Yates's, with the same result everywhere (the standard's distributions may differ).
void shuffle(std::vector<std::size_t>& order, std::mt19937_64& random) {
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
}

double chance(Distances const& distances, Split const& split, ChangeRules const& rules, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  auto order = in_order(distances.size());
  double const all = rules.permutations + 1;
  int as_large = 0, drawn = 0;
  while (drawn < rules.permutations && (as_large + 1) / all <= rules.level) {
    shuffle(order, random);
    ++drawn;
    // sums in another order differ in their last bits
    bool const larger = best_of(distances, order, rules.least).statistic >= split.statistic * (1 - 1e-12);
    as_large += larger;
  }
  return (as_large + 1.0) / (drawn + 1.0);
}

void divide(std::span<double const> series, std::size_t begin, ChangeRules const& rules,
            std::vector<Split>& found) {
  if (series.size() < 2 * rules.least) return;
  Distances const distances(series);
  auto split = best_of(distances, in_order(series.size()), rules.least);
  if (split.at == 0 || !(split.statistic > 0)) return;
  split.p = chance(distances, split, rules, rules.seed + begin);
  if (split.p > rules.level) return;
  divide(series.first(split.at), begin, rules, found);
  found.push_back({begin + split.at, split.statistic, split.p});
  divide(series.subspan(split.at), begin + split.at, rules, found);
}

}  // namespace

Split best_split(std::span<double const> series, std::size_t least) {
  if (series.size() < 2 * least) return {};
  return best_of(Distances(series), in_order(series.size()), least);
}

std::vector<Split> change_points(std::span<double const> series, ChangeRules const& rules) {
  std::vector<Split> found;
  divide(series, 0, rules, found);
  return found;
}

}  // namespace muster
