#include "harness/record/rank_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "harness/core/statistics.hpp"
#include "harness/record/telemetry.hpp"
#include "kernels/contract/regime.hpp"

namespace muster {
namespace {

Sampling sampling_of(Conditions const& conditions) {
  return {conditions.regime,     conditions.soak.seconds, conditions.soak.steady,   conditions.soak.unrest,
          conditions.stopped_by, conditions.recorded,     conditions.window_seconds};
}

/// The bound as it would be at the clock that was measured, in place of the one it assumes.
std::optional<Bound> bound_at_clock(RankRecord const& record) {
  if (!record.bound || record.bound->clock_hz <= 0) return std::nullopt;
  auto const clock = measured_clock(record);
  if (!clock || *clock <= 0) return std::nullopt;
  Bound bound = *record.bound;
  bound.value *= *clock / bound.clock_hz;
  return bound;
}

/// The device's power that a rate may be divided by: only where more of the quantity is better, and where the
/// device did nothing else meanwhile, neither rest nor evict caches.
std::optional<double> working_watts(RankRecord const& record, Metric const& metric,
                                    std::optional<Telemetry> const& telemetry) {
  auto const& regime = record.conditions.regime;
  if (regime != muster::name(Regime::sustained) && regime != muster::name(Regime::endurance))
    return std::nullopt;
  if (!telemetry || !telemetry->mean_watts || *telemetry->mean_watts <= 0 || metric.better != Better::higher)
    return std::nullopt;
  return telemetry->mean_watts;
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
  OrderStatistics const ordered(values);
  auto const half_width = ordered.median_half_width();
  bool const finite = half_width && std::isfinite(*half_width);  // it is relative, and the median may be 0
  return {ordered.quantile(0.5),  ordered.quantile(0.05),
          ordered.quantile(0.95), ordered.lowest(),
          ordered.highest(),      mean(values),
          values.size(),          finite ? half_width : std::nullopt};
}

std::optional<double> percent_of(Metric const& metric, double value, std::optional<Bound> const& bound) {
  if (!bound || metric.better == Better::exact || value <= 0 || bound->value <= 0) return std::nullopt;
  double const percent =
      100 * (metric.better == Better::higher ? value / bound->value : bound->value / value);
  return std::isfinite(percent) ? std::optional(percent) : std::nullopt;
}

SampledRank sampled_rank(RankRecord const& record, Metric const& metric) {
  SampledRank sampled;
  sampled.values = values(metric, record.work, record.sample_seconds, record.ops_per_sample);
  sampled.metric = summarise(sampled.values);
  double const rate = sampled.metric.median;
  sampled.percent_of_bound = percent_of(metric, rate, record.bound);
  sampled.percent_at_clock = percent_of(metric, rate, bound_at_clock(record));
  sampled.telemetry = telemetry_of(record);
  sampled.watts = working_watts(record, metric, sampled.telemetry);
  if (sampled.watts) sampled.per_joule = rate / *sampled.watts;
  if (!record.alone_seconds.empty())
    sampled.alone = median(values(metric, record.work, record.alone_seconds, record.ops_per_sample));
  return sampled;
}

RankFigures rank_figures(int launch, std::string const& node, RankRecord const& record,
                         SampledRank const& sampled, Metric const& metric) {
  RankFigures figures{launch, record.rank, node, record.device, record.device_uuid, sampled.metric};
  figures.percent_of_bound = sampled.percent_of_bound;
  figures.percent_at_clock = sampled.percent_at_clock;
  figures.telemetry = sampled.telemetry;
  figures.per_joule = sampled.per_joule;
  if (!record.alone_seconds.empty())
    figures.alone = summarise(values(metric, record.work, record.alone_seconds, record.ops_per_sample));
  if (record.fingerprint) figures.fingerprint = fmt::format("{:016x}", record.fingerprint->value);
  figures.sampling = sampling_of(record.conditions);
  figures.before = record.before;
  figures.after = record.after;
  return figures;
}

}  // namespace muster
