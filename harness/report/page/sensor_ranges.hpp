// What sensors showed, gathered from wherever a document has it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/report/page/reported.hpp"

namespace muster {

enum class Sensor { clock, temperature, power };

std::string sensor_words(Sensor sensor);      ///< "SM clock"
std::string_view sensor_unit(Sensor sensor);  ///< "Hz"

std::string sensor_text(double value, Sensor sensor);  ///< "1.380 GHz", "57 °C"

/// Over all ranks and launches of a case.
struct SensorRange {
  CaseResult const* result = nullptr;
  Sensor sensor = Sensor::clock;
  double min = 0, median = 0, max = 0;
};

/// Of each case that has readings, from its ranks' telemetry, or of a large run from their medians.
std::vector<SensorRange> sensor_ranges(ReportedResult const& result, Sensor sensor);

std::optional<double> value_of(DeviceState const& state, Sensor sensor);
std::vector<double> values_of(SensorSeries const& series, Sensor sensor);
double clock_fall(SensorSeries const& series);  ///< from the highest clock to the lowest after it, relative

/// A reason for which a case's devices lowered their clocks.
struct ThrottleRow {
  CaseResult const* result = nullptr;
  std::string reason;
  std::optional<double> share{};  ///< of the time in which samples were taken, of the worst rank
  std::uint64_t ranks = 0;        ///< how many did, in any launch
};
std::vector<ThrottleRow> throttle_rows(ReportedResult const& result);

}  // namespace muster
