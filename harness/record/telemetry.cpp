#include "harness/record/telemetry.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "harness/core/statistics.hpp"

namespace muster {
namespace {

constexpr double shortest_energy_window = 3;  // seconds: below, a counter is coarser than the mean of pulses

using Sensor = std::optional<double> DeviceState::*;

/// Is the reading of a moment when a sample was taken, give or take a few milliseconds?
bool within_samples(RankRecord const& record, double seconds) {
  constexpr double slack = 5e-3;
  auto const& ends = record.conditions.sample_ends;
  auto const end = std::ranges::lower_bound(ends, seconds - slack);
  if (end == ends.end()) return false;
  return seconds >= *end - record.sample_seconds[static_cast<std::size_t>(end - ends.begin())] - slack;
}

/// Between bursts the device rests: what it shows then is not what the samples were taken at.
std::vector<double> values_of(RankRecord const& record, Sensor sensor) {
  bool const rests = record.conditions.regime == "burst";
  std::vector<double> values;
  for (auto const& reading : record.conditions.readings) {
    if (rests && !within_samples(record, reading.seconds)) continue;
    if (auto const& value = reading.state.*sensor) values.push_back(*value);
  }
  return values;
}

std::optional<Range> range_of(RankRecord const& record, Sensor sensor) {
  auto const values = values_of(record, sensor);
  if (values.empty()) return std::nullopt;
  auto const [low, high] = std::ranges::minmax(values);
  return Range{low, median(values), high};
}

/// A counter's rise; absent where it is not there, or was set back in between.
template <class T>
std::optional<T> rise(std::optional<T> const& before, std::optional<T> const& after) {
  if (!before || !after || *after < *before) return std::nullopt;
  return *after - *before;
}

/// The device's own counters, where it has any.
std::vector<std::pair<std::string, double>> counted(RankRecord const& record) {
  std::map<std::string, double> const before(record.before.throttled_seconds.begin(),
                                             record.before.throttled_seconds.end());
  std::vector<std::pair<std::string, double>> seconds;
  for (auto const& [reason, after] : record.after.throttled_seconds) {
    auto const found = before.find(reason);
    if (found != before.end() && after > found->second) seconds.emplace_back(reason, after - found->second);
  }
  return seconds;
}

/// Each pulse stands for the time until the next one.
std::vector<std::pair<std::string, double>> seen(RankRecord const& record) {
  auto const& readings = record.conditions.readings;
  std::map<std::string, double> seconds;
  for (std::size_t i = 0; i + 1 < readings.size(); ++i) {
    for (auto const& reason : readings[i].state.throttle_reasons)
      seconds[reason] += readings[i + 1].seconds - readings[i].seconds;
  }
  return {seconds.begin(), seconds.end()};
}

bool throttling(DeviceState const& state) {
  return std::ranges::any_of(state.throttle_reasons, is_throttling);
}

/// Samples with a throttled pulse within them, or as the last one before their end (short samples lie between
/// two).
std::uint64_t throttled_samples(RankRecord const& record) {
  auto const& readings = record.conditions.readings;
  auto const& ends = record.conditions.sample_ends;
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    double const begin = ends[i] - record.sample_seconds[i];
    auto const end = std::ranges::upper_bound(readings, ends[i], {}, &Reading::seconds);
    bool found = false;
    for (auto at = end; at != readings.begin() && !found;) {
      --at;
      found = throttling(at->state);
      if (at->seconds < begin) break;
    }
    count += found ? 1 : 0;
  }
  return count;
}

bool tells_anything(RankRecord const& record) {
  return !record.before.says_nothing() || !record.after.says_nothing() || !record.conditions.readings.empty();
}

double readings_hz(std::vector<Reading> const& readings) {
  if (readings.size() < 2) return 0;
  double const span = readings.back().seconds - readings.front().seconds;
  return span > 0 ? static_cast<double>(readings.size() - 1) / span : 0;
}

}  // namespace

bool is_throttling(std::string_view reason) {
  return reason != "application_clocks_setting" && reason != "display_clock_setting" &&
         reason != "sync_boost";
}

bool taints(std::string_view reason) {
  return is_throttling(reason) && reason != "sw_power_cap" && reason != "power";
}

std::optional<double> measured_clock(RankRecord const& record) {
  auto const clocks = values_of(record, &DeviceState::clock_hz);
  if (!clocks.empty()) return median(clocks);
  return record.after.clock_hz ? record.after.clock_hz : record.before.clock_hz;
}

std::optional<Telemetry> telemetry_of(RankRecord const& record) {
  if (!tells_anything(record)) return std::nullopt;
  Telemetry telemetry;
  telemetry.readings = record.conditions.readings.size();
  telemetry.readings_hz = readings_hz(record.conditions.readings);
  telemetry.clock_hz = range_of(record, &DeviceState::clock_hz);
  telemetry.memory_clock_hz = range_of(record, &DeviceState::memory_clock_hz);
  telemetry.power_watts = range_of(record, &DeviceState::power_watts);
  telemetry.temperature_c = range_of(record, &DeviceState::temperature_c);
  telemetry.memory_temperature_c = range_of(record, &DeviceState::memory_temperature_c);
  telemetry.throttled_seconds = record.after.throttled_seconds.empty() ? seen(record) : counted(record);
  telemetry.throttled_samples = throttled_samples(record);
  telemetry.energy_joules = rise(record.before.energy_joules, record.after.energy_joules);
  double const window = record.conditions.window_seconds;
  // The counter moves every 100 ms or so, and counts rests and evictions too.
  bool const busy = record.conditions.regime == "sustained" || record.conditions.regime == "plain" ||
                    record.conditions.regime == "pipelined" || record.conditions.regime == "endurance";
  if (telemetry.energy_joules && busy && window >= shortest_energy_window) {
    telemetry.mean_watts = *telemetry.energy_joules / window;
  } else if (auto const watts = values_of(record, &DeviceState::power_watts); !watts.empty()) {
    telemetry.mean_watts = mean(watts);
  }
  telemetry.corrected_errors = rise(record.before.corrected_errors, record.after.corrected_errors);
  telemetry.uncorrected_errors = rise(record.before.uncorrected_errors, record.after.uncorrected_errors);
  telemetry.pcie_replays = rise(record.before.pcie_replays, record.after.pcie_replays);
  telemetry.nvlink_errors = rise(record.before.nvlink_errors, record.after.nvlink_errors);
  return telemetry;
}

}  // namespace muster
