#include "harness/report/page/sensor_ranges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "harness/core/quantities.hpp"
#include "harness/core/statistics.hpp"

namespace muster {
namespace {

std::optional<Range> range_of(Telemetry const& telemetry, Sensor sensor) {
  if (sensor == Sensor::clock) return telemetry.clock_hz;
  return sensor == Sensor::temperature ? telemetry.temperature_c : telemetry.power_watts;
}

double value_of(RankSample const& sample, Sensor sensor) {
  if (sensor == Sensor::clock) return sample.clock_hz;
  return sensor == Sensor::temperature ? sample.temperature_c : sample.power_watts;
}

std::vector<Range> from_document(CaseResult const& result, Sensor sensor) {
  std::vector<Range> ranges;
  for (auto const& rank : result.rank_figures) {
    if (auto const range = rank.telemetry ? range_of(*rank.telemetry, sensor) : std::nullopt)
      ranges.push_back(*range);
  }
  return ranges;
}

std::vector<Range> from_samples(std::vector<RankSample> const& samples, Sensor sensor) {
  std::vector<Range> ranges;
  for (auto const& sample : samples) {
    double const value = value_of(sample, sensor);
    if (std::isfinite(value)) ranges.push_back({value, value, value});
  }
  return ranges;
}

SensorRange together(CaseResult const& result, Sensor sensor, std::vector<Range> const& ranges) {
  SensorRange all{&result, sensor, ranges.front().min, 0, ranges.front().max};
  std::vector<double> medians;
  for (auto const& range : ranges) {
    all.min = std::min(all.min, range.min);
    all.max = std::max(all.max, range.max);
    medians.push_back(range.median);
  }
  all.median = median(medians);
  return all;
}

/// Ranks of one case and reason.
struct Throttled {
  double share = 0;
  std::set<std::pair<std::string, int>> ranks{};
};

void add(std::map<std::string, Throttled>& reasons, RankFigures const& rank) {
  if (!rank.telemetry) return;
  for (auto const& [reason, seconds] : rank.telemetry->throttled_seconds) {
    if (seconds <= 0) continue;
    auto& throttled = reasons[reason];
    throttled.ranks.emplace(rank.node, rank.rank);
    if (rank.sampling.window_seconds > 0)
      throttled.share = std::max(throttled.share, std::min(seconds / rank.sampling.window_seconds, 1.0));
  }
}

/// A large run's side files tell that, but not why.
std::uint64_t throttled_ranks(std::vector<RankSample> const& samples) {
  std::set<std::tuple<std::uint32_t, int, int>> ranks;
  for (auto const& sample : samples) {
    if (sample.throttled_samples > 0) ranks.emplace(sample.node, sample.rank, sample.device);
  }
  return ranks.size();
}

}  // namespace

std::string sensor_words(Sensor sensor) {
  if (sensor == Sensor::clock) return "SM clock";
  return sensor == Sensor::temperature ? "Temperature" : "Power";
}

std::string sensor_text(double value, Sensor sensor) {
  if (sensor == Sensor::temperature) return fmt::format("{:.0f} °C", value);
  return human(value, sensor_unit(sensor));
}

std::string_view sensor_unit(Sensor sensor) {
  if (sensor == Sensor::clock) return "Hz";
  return sensor == Sensor::temperature ? "°C" : "W";
}

std::vector<SensorRange> sensor_ranges(ReportedResult const& result, Sensor sensor) {
  std::vector<SensorRange> list;
  auto const& cases = result.document.cases;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    auto ranges = from_document(cases[i], sensor);
    if (ranges.empty() && i < result.ranks.cases.size()) ranges = from_samples(result.ranks.cases[i], sensor);
    if (!ranges.empty()) list.push_back(together(cases[i], sensor, ranges));
  }
  return list;
}

std::optional<double> value_of(DeviceState const& state, Sensor sensor) {
  if (sensor == Sensor::clock) return state.clock_hz;
  return sensor == Sensor::temperature ? state.temperature_c : state.power_watts;
}

std::vector<double> values_of(SensorSeries const& series, Sensor sensor) {
  std::vector<double> values;
  for (auto const& reading : series.readings) {
    if (auto const value = value_of(reading.state, sensor)) values.push_back(*value);
  }
  return values;
}

double clock_fall(SensorSeries const& series) {
  double highest = 0, fall = 0;
  for (double const clock : values_of(series, Sensor::clock)) {
    highest = std::max(highest, clock);
    if (highest > 0) fall = std::max(fall, 1 - clock / highest);
  }
  return fall;
}

std::vector<ThrottleRow> throttle_rows(ReportedResult const& result) {
  std::vector<ThrottleRow> rows;
  auto const& cases = result.document.cases;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    std::map<std::string, Throttled> reasons;
    for (auto const& rank : cases[i].rank_figures) add(reasons, rank);
    for (auto const& [reason, throttled] : reasons)
      rows.push_back({&cases[i], reason, throttled.share > 0 ? std::optional(throttled.share) : std::nullopt,
                      throttled.ranks.size()});
    auto const ranks =
        reasons.empty() && i < result.ranks.cases.size() ? throttled_ranks(result.ranks.cases[i]) : 0;
    if (ranks > 0) rows.push_back({&cases[i], "(in the journals)", std::nullopt, ranks});
  }
  return rows;
}

}  // namespace muster
