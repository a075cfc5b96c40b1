#include "harness/record/figures.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "harness/core/statistics.hpp"

namespace muster {
namespace {

/// The slowest rank's time, sample by sample, where no rank recorded it (a group of one).
std::vector<double> slowest(LaunchEvents const& events) {
  std::vector<double> seconds;
  for (auto const& [index, rank] : events.ranks) {
    auto const& own = rank.samples;
    if (seconds.size() < own.size()) seconds.resize(own.size(), 0.0);
    for (std::size_t i = 0; i < own.size(); ++i) seconds[i] = std::max(seconds[i], own[i]);
  }
  return seconds;
}

std::vector<double> group_seconds(LaunchEvents const& events) {
  for (auto const& [index, rank] : events.ranks) {
    if (rank.group_times) return rank.samples;
  }
  return slowest(events);
}

LaunchFigures of_group(LaunchEvents const& events, Metric const& metric) {
  RankDigest const& first = busiest(events, metric);
  auto const seconds = group_seconds(events);
  LaunchFigures figures;
  figures.metric = summarise(values(metric, first.work, seconds, first.ops_per_sample));
  figures.ops_per_sample = first.ops_per_sample;
  figures.iterations = seconds.size();
  if (seconds.empty()) return figures;
  figures.seconds_per_op = median(seconds) / static_cast<double>(first.ops_per_sample);
  if (first.ops_per_sample == 1) figures.seconds_p99 = quantile(seconds, 0.99);
  return figures;
}

LaunchFigures of_each_rank(LaunchEvents const& events) {
  std::vector<double> all, medians, times;
  std::optional<double> half_width;
  LaunchFigures figures;
  for (auto const& [index, rank] : events.ranks) {
    if (rank.samples.empty()) continue;
    all.insert(all.end(), rank.samples.begin(), rank.samples.end());
    medians.push_back(rank.median);
    times.push_back(rank.median_seconds / static_cast<double>(rank.ops_per_sample));
    if (rank.half_width) half_width = std::max(half_width.value_or(0), *rank.half_width);
    figures.ops_per_sample = rank.ops_per_sample;
    figures.iterations = std::max<std::uint64_t>(figures.iterations, rank.samples.size());
  }
  if (all.empty()) return figures;
  figures.metric = summarise(all);
  figures.metric.median = median(medians);
  figures.metric.half_width = half_width;
  figures.seconds_per_op = median(times);
  return figures;
}

/// Larger is worse.
std::pair<int, double> badness(RankDigest const& rank) {
  static constexpr int order[] = {1, 3, 2, 0};  // pass, fail, skipped, not_applicable
  double const scale = rank.tolerance > 0 ? rank.tolerance : 1.0;
  double const error = rank.error < 0 ? HUGE_VAL : rank.error / scale;  // negative: it was not finite
  return {order[static_cast<int>(rank.verified)], error};
}

}  // namespace

RankDigest const& busiest(LaunchEvents const& events, Metric const& metric) {
  auto const most = std::ranges::max_element(
      events.ranks, {}, [&](auto const& entry) { return amount(entry.second.work, metric.quantity); });
  return most->second;
}

LaunchFigures launch_figures(int launch, LaunchEvents const& events, Metric const& metric, Scope scope) {
  if (events.ranks.empty()) return {};
  LaunchFigures figures = scope == Scope::group ? of_group(events, metric) : of_each_rank(events);
  figures.index = launch;
  return figures;
}

LaunchFigures over_worlds(std::vector<LaunchFigures> const& worlds) {
  LaunchFigures all = worlds.front();
  if (worlds.size() == 1) return all;
  auto const median_of = [&](auto const& part) {
    std::vector<double> values;
    for (auto const& world : worlds) values.push_back(part(world));
    return median(values);
  };
  all.metric.median = median_of([](auto const& world) { return world.metric.median; });
  all.metric.mean = median_of([](auto const& world) { return world.metric.mean; });
  all.seconds_per_op = median_of([](auto const& world) { return world.seconds_per_op; });
  all.metric.samples = 0;
  for (auto const& world : worlds) {
    all.metric.samples += world.metric.samples;
    all.metric.p05 = std::min(all.metric.p05, world.metric.p05);
    all.metric.min = std::min(all.metric.min, world.metric.min);
    all.metric.p95 = std::max(all.metric.p95, world.metric.p95);
    all.metric.max = std::max(all.metric.max, world.metric.max);
    all.metric.half_width = std::max(all.metric.half_width, world.metric.half_width);
    all.seconds_p99 = std::max(all.seconds_p99, world.seconds_p99);
    all.iterations = std::max(all.iterations, world.iterations);
  }
  return all;
}

std::optional<double> group_per_joule(LaunchEvents const& events, Metric const& metric, double rate) {
  std::map<std::tuple<std::string_view, std::string_view, int>, double> devices;
  for (auto const& [index, rank] : events.ranks) {
    if (amount(rank.work, metric.quantity) == 0) continue;  // it sits the case out
    if (!rank.watts) return std::nullopt;
    int const number = rank.device_uuid.empty() ? rank.device : 0;  // a name tells more than a number
    auto& watts = devices[{*rank.node, *rank.device_uuid, number}];
    watts = std::max(watts, *rank.watts);
  }
  double sum = 0;
  for (auto const& [device, watts] : devices) sum += watts;
  return sum > 0 ? std::optional(rate / sum) : std::nullopt;
}

std::optional<double> median_over_ranks(Ranks const& ranks, std::optional<double> RankDigest::*figure) {
  std::vector<double> all;
  for (auto const* rank : ranks) {
    if (rank->*figure) all.push_back(*(rank->*figure));
  }
  return all.empty() ? std::nullopt : std::optional(median(all));
}

std::optional<double> slower_together(Ranks const& ranks, Metric const& metric) {
  std::vector<double> all;
  for (auto const* rank : ranks) {
    if (!rank->alone || *rank->alone <= 0 || rank->median <= 0) continue;
    double const ratio = rank->median / *rank->alone;
    all.push_back(100 * (metric.better == Better::higher ? 1 - ratio : 1 - 1 / ratio));
  }
  return all.empty() ? std::nullopt : std::optional(median(all));
}

Verdict worst_verdict(Ranks const& ranks) {
  auto const worst =
      std::ranges::max_element(ranks, [](auto const* a, auto const* b) { return badness(*a) < badness(*b); });
  if (worst == ranks.end()) return {};
  RankDigest const& rank = **worst;
  return {rank.verified, *rank.method, rank.error, rank.tolerance, *rank.detail};
}

std::vector<Figure> median_figures(Ranks const& ranks) {
  std::vector<std::pair<Figure, std::vector<double>>> found;  // in the order first seen
  for (auto const* rank : ranks) {
    for (std::size_t i = 0; i < rank->figures.size(); ++i) {
      auto const& [name, unit] = (*rank->figure_names)[i];
      auto same = std::ranges::find(
          found, name, [](auto const& f) -> auto const& { return f.first.name; });
      if (same == found.end()) same = found.insert(found.end(), {{name, 0, unit}, {}});
      same->second.push_back(rank->figures[i]);
    }
  }
  std::vector<Figure> figures;
  for (auto& [figure, all] : found) {
    figure.value = median(all);
    figures.push_back(std::move(figure));
  }
  return figures;
}

Facts joined_facts(Ranks const& ranks) {
  std::vector<std::pair<std::string, std::vector<std::string>>> found;
  std::set<Facts const*> seen;
  for (auto const* rank : ranks) {
    if (!rank->facts || !seen.insert(rank->facts).second) continue;
    for (auto const& [name, value] : *rank->facts) {
      auto same = std::ranges::find(
          found, name, [](auto const& f) -> auto const& { return f.first; });
      if (same == found.end()) same = found.insert(found.end(), {name, {}});
      bool const told = std::ranges::find(same->second, value) != same->second.end();
      if (!told) same->second.push_back(value);
    }
  }
  Facts facts;
  for (auto const& [name, values] : found) {
    std::string text;
    for (auto const& value : values) text += (text.empty() ? "" : "; ") + value;
    facts.emplace_back(name, text);
  }
  return facts;
}

std::optional<Bound> median_bound(Ranks const& ranks) {
  std::optional<Bound> bound;
  std::vector<double> all;
  for (auto const* rank : ranks) {
    if (!rank->bound) continue;
    if (!bound) bound = *rank->bound;
    if (rank->bound->name == bound->name) all.push_back(rank->bound_value);
  }
  if (bound) bound->value = median(all);
  return bound;
}

namespace {

struct RankMedian {
  std::string_view node;
  int rank;
  double median;
};

/// Of each rank that has a figure the median over its launches, by node and rank.
std::vector<RankMedian> over_launches(Ranks const& ranks) {
  std::vector<RankMedian> entries, medians;
  for (auto const* rank : ranks) {
    if (rank->median > 0) entries.push_back({*rank->node, rank->rank, rank->median});
  }
  std::ranges::sort(entries, {}, [](RankMedian const& e) { return std::tuple(e.node, e.rank, e.median); });
  for (auto first = entries.begin(); first != entries.end();) {
    auto const last = std::find_if(
        first, entries.end(), [&](auto const& e) { return e.node != first->node || e.rank != first->rank; });
    std::vector<double> values;
    for (auto at = first; at != last; ++at) values.push_back(at->median);
    medians.push_back({first->node, first->rank, median(values)});
    first = last;
  }
  return medians;
}

NodeSpread node_spread(std::span<RankMedian const> ranks) {
  std::vector<double> medians;
  for (auto const& rank : ranks) medians.push_back(rank.median);
  auto const [low, high] = std::ranges::minmax_element(ranks, {}, &RankMedian::median);
  return {std::string(ranks.front().node),
          static_cast<int>(ranks.size()),
          median(medians),
          low->median,
          low->rank,
          high->median,
          high->rank};
}

}  // namespace

std::optional<RankSpread> rank_spread(Ranks const& ranks) {
  auto const medians = over_launches(ranks);
  if (medians.empty()) return std::nullopt;
  RankSpread spread;
  std::vector<double> all;
  for (auto const& rank : medians) all.push_back(rank.median);
  for (std::span<RankMedian const> left(medians); !left.empty();) {
    auto const other =
        std::ranges::find_if(left, [&](auto const& rank) { return rank.node != left.front().node; });
    auto const count = static_cast<std::size_t>(other - left.begin());
    spread.nodes.push_back(node_spread(left.first(count)));
    left = left.subspan(count);
  }
  OrderStatistics const ordered(all);
  spread.ranks = all.size();
  spread.entries = ranks.size();
  spread.median = ordered.quantile(0.5);
  spread.p05 = ordered.quantile(0.05);
  spread.p95 = ordered.quantile(0.95);
  spread.min = ordered.lowest();
  spread.max = ordered.highest();
  return spread;
}

}  // namespace muster
