#include "harness/measure/steady.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "harness/core/statistics.hpp"

namespace muster {
namespace {

constexpr double temperature_limit = 1.0;  // degrees C
constexpr double clock_limit = 0.01;
constexpr double drift_limit = 0.005;
constexpr std::size_t fewest = 6;  // readings in a window that can say anything

}  // namespace

void SteadyRule::see(SoakReading const& reading) {
  if (oldest_ever_ < 0) oldest_ever_ = reading.seconds;
  newest_ = reading.seconds;
  readings_.push_back(reading);
  while (readings_.front().seconds < newest_ - window_) readings_.pop_front();
}

bool SteadyRule::covers_window() const {
  return oldest_ever_ >= 0 && newest_ - oldest_ever_ >= window_ && readings_.size() >= fewest;
}

double SteadyRule::temperature_move() const {
  std::optional<double> low, high;
  double first = 0, last = 0;
  for (auto const& reading : readings_) {
    if (!reading.temperature_c) continue;
    if (!low) first = *reading.temperature_c;
    last = *reading.temperature_c;
    low = std::min(low.value_or(last), last);
    high = std::max(high.value_or(last), last);
  }
  return low ? std::copysign(*high - *low, last - first) : 0;
}

double SteadyRule::clock_spread() const {
  std::vector<double> clocks;
  for (auto const& reading : readings_) {
    if (reading.clock_hz) clocks.push_back(*reading.clock_hz);
  }
  return clocks.size() < 2 ? 0 : standard_deviation(clocks) / mean(clocks);
}

double SteadyRule::drift() const {
  std::vector<double> halves[2];
  double const middle = newest_ - window_ / 2;
  for (auto const& reading : readings_)
    halves[reading.seconds < middle ? 0 : 1].push_back(reading.op_seconds);
  if (halves[0].empty() || halves[1].empty()) return 0;
  return median(halves[1]) / median(halves[0]) - 1;
}

bool SteadyRule::steady() const {
  return covers_window() && std::abs(temperature_move()) <= temperature_limit &&
         clock_spread() < clock_limit && std::abs(drift()) < drift_limit;
}

std::string SteadyRule::unrest() const {
  if (steady()) return {};
  if (!covers_window())
    return fmt::format("it was shorter than the {:g} s over which rest is judged", window_);
  double const move = temperature_move();
  if (std::abs(move) > temperature_limit) {
    return fmt::format("the temperature {} by {:g} C in the last {:g} s", move > 0 ? "rose" : "fell",
                       std::abs(move), window_);
  }
  if (clock_spread() >= clock_limit) {
    return fmt::format("the clock varied by {:.1f} % in the last {:g} s", 100 * clock_spread(), window_);
  }
  return fmt::format("launches became {:.1f} % {} in the last {:g} s", 100 * std::abs(drift()),
                     drift() > 0 ? "slower" : "faster", window_);
}

}  // namespace muster
