// Timing of launches in set-up, on the device's clock.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "kernels/contract/device.hpp"

namespace muster {

class LaunchTimer {
 public:
  explicit LaunchTimer(Device& device) : device_(device), watch_(device.stopwatch()) {}

  /// Seconds of one of the `launches` that `enqueue` makes, back to back; > 0. The device is at something
  /// when they are enqueued, so that the way to the first one does not count. Waits for them. Throws
  /// DeviceError.
  template <class Enqueue>
  double seconds(std::uint64_t launches, Enqueue const& enqueue) {
    device_.occupy();
    watch_->start();
    enqueue();
    watch_->stop();
    return std::max(watch_->seconds() / static_cast<double>(launches), 1e-9);
  }

 private:
  Device& device_;
  std::unique_ptr<Stopwatch> watch_;
};

/// How many launches of `seconds` each last for `region_seconds`: at least two, so that one that was
/// disturbed counts half at most, and at most a thousand.
inline std::uint64_t launches_for(double region_seconds, double seconds) {
  return static_cast<std::uint64_t>(std::clamp(std::ceil(region_seconds / seconds), 2.0, 1000.0));
}

}  // namespace muster
