#include "harness/record/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "harness/core/statistics.hpp"
#include "harness/record/telemetry.hpp"

namespace muster {
namespace {

/// The slowest rank's time, sample by sample, where no rank recorded it (a group of one).
std::vector<double> slowest(LaunchEvents const& events) {
  std::vector<double> seconds;
  for (auto const& [index, rank] : events.ranks) {
    auto const& own = rank.record.sample_seconds;
    if (seconds.size() < own.size()) seconds.resize(own.size(), 0.0);
    for (std::size_t i = 0; i < own.size(); ++i) seconds[i] = std::max(seconds[i], own[i]);
  }
  return seconds;
}

std::vector<double> group_seconds(LaunchEvents const& events) {
  for (auto const& [index, rank] : events.ranks) {
    if (!rank.record.group_seconds.empty()) return rank.record.group_seconds;
  }
  return slowest(events);
}

LaunchFigures of_group(LaunchEvents const& events, Metric const& metric) {
  RankRecord const& first = busiest(events, metric);
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

LaunchFigures of_each_rank(LaunchEvents const& events, Metric const& metric) {
  std::vector<double> all, medians, times;
  std::optional<double> half_width;
  LaunchFigures figures;
  for (auto const& [index, rank] : events.ranks) {
    RankRecord const& record = rank.record;
    if (record.sample_seconds.empty()) continue;
    auto const own = values(metric, record.work, record.sample_seconds, record.ops_per_sample);
    all.insert(all.end(), own.begin(), own.end());
    medians.push_back(median(own));
    times.push_back(median(record.sample_seconds) / static_cast<double>(record.ops_per_sample));
    if (auto const width = median_half_width(own)) half_width = std::max(half_width.value_or(0), *width);
    figures.ops_per_sample = record.ops_per_sample;
    figures.iterations = std::max<std::uint64_t>(figures.iterations, own.size());
  }
  if (all.empty()) return figures;
  figures.metric = summarise(all);
  figures.metric.median = median(medians);
  figures.metric.half_width = half_width;
  figures.seconds_per_op = median(times);
  return figures;
}

/// Larger is worse.
std::pair<int, double> badness(Verdict const& verdict) {
  static constexpr int order[] = {1, 3, 2, 0};  // pass, fail, skipped, not_applicable
  double const scale = verdict.tolerance > 0 ? verdict.tolerance : 1.0;
  double const error = verdict.error < 0 ? HUGE_VAL : verdict.error / scale;  // negative: it was not finite
  return {order[static_cast<int>(verdict.status)], error};
}

}  // namespace

std::vector<double> values(Metric const& metric, Work const& work, std::span<double const> seconds,
                           std::uint64_t ops) {
  std::vector<double> result;
  result.reserve(seconds.size());
  for (double const s : seconds) result.push_back(value_of(metric, work, s / static_cast<double>(ops)));
  return result;
}

Summary summarise(std::span<double const> values) {
  if (values.empty()) return {};
  auto const [low, high] = std::ranges::minmax(values);
  auto const half_width = median_half_width(values);
  bool const finite = half_width && std::isfinite(*half_width);  // it is relative, and the median may be 0
  return {median(values), quantile(values, 0.05), quantile(values, 0.95), low,
          high,           mean(values),           values.size(),          finite ? half_width : std::nullopt};
}

RankRecord const& busiest(LaunchEvents const& events, Metric const& metric) {
  auto const most = std::ranges::max_element(
      events.ranks, {}, [&](auto const& entry) { return amount(entry.second.record.work, metric.quantity); });
  return most->second.record;
}

LaunchFigures launch_figures(int launch, LaunchEvents const& events, Metric const& metric, Scope scope) {
  if (events.ranks.empty()) return {};
  LaunchFigures figures = scope == Scope::group ? of_group(events, metric) : of_each_rank(events, metric);
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

namespace {

Sampling sampling_of(Conditions const& conditions) {
  return {conditions.regime,     conditions.soak.seconds, conditions.soak.steady,   conditions.soak.unrest,
          conditions.stopped_by, conditions.recorded,     conditions.window_seconds};
}

/// The bound as it would be at the clock that was measured, in place of the one it assumes.
std::optional<Bound> bound_at_clock(RankRecord const& record) {
  auto const clock = measured_clock(record);
  if (!record.bound || record.bound->clock_hz <= 0 || !clock || *clock <= 0) return std::nullopt;
  Bound bound = *record.bound;
  bound.value *= *clock / bound.clock_hz;
  return bound;
}

/// Per joule is a rate over a power; it means something only where more of the quantity is better, and where
/// the device did nothing else meanwhile, neither rest nor evict caches.
std::optional<double> per_joule(RankRecord const& record, Metric const& metric, double rate,
                                std::optional<Telemetry> const& telemetry) {
  if (record.conditions.regime != muster::name(Regime::sustained)) return std::nullopt;
  if (!telemetry || !telemetry->mean_watts || *telemetry->mean_watts <= 0 || metric.better != Better::higher)
    return std::nullopt;
  return rate / *telemetry->mean_watts;
}

RankFigures figures_of(int launch, RankAt const& at, Metric const& metric) {
  RankRecord const& record = at.record;
  auto const of = [&](std::vector<double> const& seconds) {
    return summarise(values(metric, record.work, seconds, record.ops_per_sample));
  };
  RankFigures figures{launch,        record.rank,        at.node,
                      record.device, record.device_uuid, of(record.sample_seconds)};
  double const rate = figures.metric.median;
  figures.percent_of_bound = percent_of(metric, rate, record.bound);
  figures.percent_at_clock = percent_of(metric, rate, bound_at_clock(record));
  figures.telemetry = telemetry_of(record);
  figures.per_joule = per_joule(record, metric, rate, figures.telemetry);
  if (!record.alone_seconds.empty()) figures.alone = of(record.alone_seconds);
  if (record.fingerprint) figures.fingerprint = fmt::format("{:016x}", record.fingerprint->value);
  figures.sampling = sampling_of(record.conditions);
  figures.before = record.before;
  figures.after = record.after;
  return figures;
}

}  // namespace

std::vector<RankFigures> rank_figures(int launch, LaunchEvents const& events, Metric const& metric) {
  std::vector<RankFigures> list;
  for (auto const& [index, at] : events.ranks) list.push_back(figures_of(launch, at, metric));
  return list;
}

std::optional<double> median_over_ranks(std::vector<RankFigures> const& ranks,
                                        std::optional<double> RankFigures::*figure) {
  std::vector<double> all;
  for (auto const& rank : ranks) {
    if (rank.*figure) all.push_back(*(rank.*figure));
  }
  return all.empty() ? std::nullopt : std::optional(median(all));
}

std::optional<double> slower_together(std::vector<RankFigures> const& ranks, Metric const& metric) {
  std::vector<double> all;
  for (auto const& rank : ranks) {
    if (!rank.alone || rank.alone->median <= 0 || rank.metric.median <= 0) continue;
    double const ratio = rank.metric.median / rank.alone->median;
    all.push_back(100 * (metric.better == Better::higher ? 1 - ratio : 1 - 1 / ratio));
  }
  return all.empty() ? std::nullopt : std::optional(median(all));
}

Verdict worst_verdict(Records const& records) {
  auto const worst = std::ranges::max_element(records, [](auto const* a, auto const* b) {
    return badness(a->verification) < badness(b->verification);
  });
  return worst == records.end() ? Verdict{} : (*worst)->verification;
}

std::vector<Figure> median_figures(Records const& records) {
  std::vector<std::pair<Figure, std::vector<double>>> found;  // in the order first seen
  for (RankRecord const* record : records) {
    for (Figure const& figure : record->figures) {
      auto same = std::ranges::find_if(found, [&](auto const& f) { return f.first.name == figure.name; });
      if (same == found.end()) same = found.insert(found.end(), {figure, {}});
      same->second.push_back(figure.value);
    }
  }
  std::vector<Figure> figures;
  for (auto& [figure, all] : found) {
    figure.value = median(all);
    figures.push_back(std::move(figure));
  }
  return figures;
}

Facts joined_facts(Records const& records) {
  std::vector<std::pair<std::string, std::vector<std::string>>> found;
  for (RankRecord const* record : records) {
    for (auto const& [name, value] : record->facts) {
      auto same = std::ranges::find_if(found, [&](auto const& f) { return f.first == name; });
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

std::optional<Bound> median_bound(Records const& records) {
  std::optional<Bound> bound;
  std::vector<double> all;
  for (RankRecord const* record : records) {
    if (!record->bound) continue;
    if (!bound) bound = record->bound;
    if (record->bound->name == bound->name) all.push_back(record->bound->value);
  }
  if (bound) bound->value = median(all);
  return bound;
}

std::optional<double> percent_of(Metric const& metric, double value, std::optional<Bound> const& bound) {
  if (!bound || metric.better == Better::exact || value <= 0 || bound->value <= 0) return std::nullopt;
  double const percent =
      100 * (metric.better == Better::higher ? value / bound->value : bound->value / value);
  return std::isfinite(percent) ? std::optional(percent) : std::nullopt;
}

}  // namespace muster
