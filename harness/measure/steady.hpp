// Has a device come to rest under load? Before that its figures are those of a cool device, and too good.
#pragma once
#include <deque>
#include <optional>
#include <string>

#include "kernels/contract/device.hpp"

namespace muster {

/// One look at the device during a soak.
struct SoakReading {
  double seconds = 0;     ///< since the soak began; never decreasing
  double op_seconds = 0;  ///< time of one launch just then
  std::optional<double> clock_hz;
  std::optional<double> temperature_c;
};

/// Steady: over the last `window` seconds the temperature moved by no more than the sensor's own step of 1
/// degree C, the clock's standard deviation was under 1 % of its mean, and launches of the window's second
/// half took as long as those of the first, by their medians, within 0.5 %. What the device does not tell
/// counts as steady.
///
/// mamf-finder soaks for 30 s because cool devices score higher; 30 s is what full suites allow as well, and
/// a device that was hot already gets on with it.
class SteadyRule {
 public:
  explicit SteadyRule(double window) : window_(window) {}
  void see(SoakReading const& reading);
  bool steady() const;
  /// What was still moving, for people: "temperature rose by 3 C in the last 5 s"; "" when steady.
  std::string unrest() const;

 private:
  bool covers_window() const;
  double temperature_move() const;  ///< degrees C, last less first
  double clock_spread() const;      ///< standard deviation over mean
  double drift() const;             ///< of launch times, relative

  double window_;
  std::deque<SoakReading> readings_{};
  double newest_ = 0, oldest_ever_ = -1;
};

}  // namespace muster
