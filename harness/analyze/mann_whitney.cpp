#include "harness/analyze/mann_whitney.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>

#include "harness/core/normal.hpp"

namespace muster {
namespace {

constexpr std::size_t exact_pairs = 2500, exact_tied_pairs = 400;

/// Ranks times two, so that those of equal values, which share a rank, are whole numbers too.
struct DoubledRanks {
  std::vector<std::size_t> all;  ///< of the first group, then of the second
  bool tied = false;
  double tie_term = 0;  ///< sum of t^3 - t over groups of t equal values
};

DoubledRanks doubled_ranks(std::span<double const> first, std::span<double const> second) {
  std::vector<std::pair<double, std::size_t>> values;
  for (double const x : first) values.emplace_back(x, values.size());
  for (double const x : second) values.emplace_back(x, values.size());
  std::ranges::sort(values);
  DoubledRanks ranks{std::vector<std::size_t>(values.size())};
  for (std::size_t begin = 0, end = 0; begin < values.size(); begin = end) {
    while (end < values.size() && values[end].first == values[begin].first) ++end;
    for (std::size_t i = begin; i < end; ++i) ranks.all[values[i].second] = begin + 1 + end;
    auto const equal = static_cast<double>(end - begin);
    ranks.tied = ranks.tied || end - begin > 1;
    ranks.tie_term += equal * equal * equal - equal;
  }
  return ranks;
}

/// How many choices of `chosen` of the ranks have each sum. Of two groups the smaller one is to be chosen:
/// with at most 2,500 pairs that takes at most 20 million additions (50 of 100) and 200,000 cells, for the
/// larger one thousands of times as many. Counts grow beyond 2^53, but only positive ones are added, so that
/// relative errors stay those of a few roundings.
std::vector<double> choices_by_sum(std::vector<std::size_t> ranks, std::size_t chosen) {
  std::ranges::sort(ranks, std::greater{});
  std::size_t largest = 0;
  for (std::size_t i = 0; i < chosen; ++i) largest += ranks[i];
  std::vector<std::vector<double>> counts(chosen + 1, std::vector<double>(largest + 1));
  counts[0][0] = 1;
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    for (std::size_t k = std::min(i + 1, chosen); k > 0; --k) {
      for (std::size_t sum = largest; sum >= ranks[i]; --sum) counts[k][sum] += counts[k - 1][sum - ranks[i]];
    }
  }
  return counts[chosen];
}

std::vector<double> distribution(std::size_t first, std::size_t second) {
  std::vector<std::size_t> ranks;
  for (std::size_t rank = 1; rank <= first + second; ++rank) ranks.push_back(rank);
  auto const chosen = std::min(first, second);  // u has the same distribution seen from either group
  auto const counts = choices_by_sum(ranks, chosen);
  std::vector<double> below;
  double total = 0;
  for (std::size_t sum = chosen * (chosen + 1) / 2; sum < counts.size(); ++sum)
    below.push_back(total += counts[sum]);
  for (double& p : below) p /= total;
  return below;
}

double both_tails(double below, double above) { return std::min(1.0, 2 * std::min(below, above)); }

double exact_p(std::size_t first, std::size_t second, double u) {
  auto const& below = rank_distribution(first, second);
  auto const at = static_cast<std::size_t>(u);
  return both_tails(below[at], below[first * second - at]);
}

/// `sum`: of the ranks of the group of that size.
double exact_tied_p(DoubledRanks const& ranks, std::size_t size, std::size_t sum) {
  auto const counts = choices_by_sum(ranks.all, size);
  double below = 0, above = 0, total = 0;
  for (std::size_t s = 0; s < counts.size(); ++s) {
    total += counts[s];
    if (s <= sum) below += counts[s];
    if (s >= sum) above += counts[s];
  }
  return both_tails(below / total, above / total);
}

double approximate_p(double m, double n, double u, double tie_term) {
  double const all = m + n, centre = 0.5 * m * n;
  double const variance = m * n / 12 * (all + 1 - tie_term / (all * (all - 1)));
  if (variance <= 0) return 1;
  double const distance = std::max(0.0, std::abs(u - centre) - 0.5);
  return both_tails(normal_below(-distance / std::sqrt(variance)), 1);
}

}  // namespace

std::vector<double> const& rank_distribution(std::size_t first, std::size_t second) {
  thread_local std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> known;
  auto const [found, fresh] = known.try_emplace({first, second});
  if (fresh && first * second <= exact_pairs) found->second = distribution(first, second);
  return found->second;
}

RankTest mann_whitney(std::span<double const> first, std::span<double const> second) {
  auto const ranks = doubled_ranks(first, second);
  std::size_t const m = first.size(), n = second.size();
  std::size_t sum = 0;
  for (std::size_t i = m; i < m + n; ++i) sum += ranks.all[i];
  double const u = 0.5 * static_cast<double>(sum - n * (n + 1));
  if (!ranks.tied && m * n <= exact_pairs) return {u, exact_p(m, n, u), true};
  if (ranks.tied && m * n <= exact_tied_pairs) {
    auto const all = (m + n) * (m + n + 1);
    return {u, m < n ? exact_tied_p(ranks, m, all - sum) : exact_tied_p(ranks, n, sum), true};
  }
  return {u, approximate_p(static_cast<double>(m), static_cast<double>(n), u, ranks.tie_term), false};
}

}  // namespace muster
