#include "harness/report/page/rank_crowd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <tuple>

#include "harness/core/statistics.hpp"
#include "harness/report/collective_table.hpp"

namespace muster {
namespace {

/// Every node may have a rank 0 of its own.
auto place_of(RankSample const& sample) { return std::tuple(sample.node, sample.rank, sample.device); }

std::string name_of(RankSamples const& samples, RankSample const& sample, CaseResult const& result) {
  return fmt::format("{} {} {}", samples.nodes[sample.node], result.backend == "cuda" ? "GPU" : "device",
                     sample.device);
}

/// Of one rank, all its launches.
RankPlace place(std::span<RankSample const> of_rank, RankSamples const& samples, CaseResult const& result) {
  std::vector<double> values;
  bool tainted = false;
  for (auto const& sample : of_rank) {
    values.push_back(sample.median);
    tainted = tainted || sample.tainted;
  }
  return {name_of(samples, of_rank.front(), result), median(values), 0, tainted};
}

std::vector<RankPlace> places(std::vector<RankSample> samples, RankSamples const& all,
                              CaseResult const& result) {
  std::erase_if(samples, [](RankSample const& sample) { return !(sample.median > 0); });  // sat it out
  std::ranges::stable_sort(samples, {}, place_of);
  std::vector<RankPlace> list;
  for (auto first = samples.begin(); first != samples.end();) {
    auto const last = std::find_if(first, samples.end(),
                                   [&](auto const& sample) { return place_of(sample) != place_of(*first); });
    list.push_back(place({first, last}, all, result));
    first = last;
  }
  return list;
}

/// 4.5 robust standard deviations (of the median absolute deviation), and no less than 3 %.
double limit_of(std::vector<RankPlace> const& ranks) {
  constexpr double deviations = 4.5, least_percent = 3, mad_of_deviation = 0.6745;
  std::vector<double> distances;
  for (auto const& rank : ranks) distances.push_back(std::abs(rank.percent));
  return std::max(least_percent, deviations * median(distances) / mad_of_deviation);
}

Crowd crowd(CaseResult const& result, std::vector<RankPlace> ranks) {
  std::vector<double> values;
  for (auto const& rank : ranks) values.push_back(rank.value);
  OrderStatistics const ordered(values);
  Crowd made{&result, ordered.quantile(0.5), ordered.quantile(0.05), ordered.quantile(0.95),
             0,       std::move(ranks)};
  for (auto& rank : made.ranks) rank.percent = 100 * (rank.value / made.median - 1);
  made.limit_percent = limit_of(made.ranks);
  bool const lower = result.metric.better == Better::lower;
  std::ranges::stable_sort(made.ranks, [lower](auto const& a, auto const& b) {
    return lower ? a.value > b.value : a.value < b.value;
  });
  return made;
}

}  // namespace

bool beyond_limit(Crowd const& crowd, RankPlace const& rank) {
  bool const lower = crowd.result->metric.better == Better::lower;
  return (lower ? rank.percent : -rank.percent) > crowd.limit_percent;
}

std::vector<Crowd> crowds_of(Document const& document, RankSamples const& samples) {
  std::vector<Crowd> crowds;
  for (std::size_t i = 0; i < std::min(document.cases.size(), samples.cases.size()); ++i) {
    auto const& result = document.cases[i];
    if (is_collective(result)) continue;
    if (result.status != CaseStatus::ok && result.status != CaseStatus::wrong) continue;
    auto ranks = places(samples.cases[i], samples, result);
    if (ranks.size() > 1) crowds.push_back(crowd(result, std::move(ranks)));
  }
  return crowds;
}

}  // namespace muster
