// Launches that are timed together, as the device's own time and not that of launching.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "kernels/contract/device.hpp"

namespace muster {

/// Launches shorter than 50 us are recorded and repeated as one where the device can do that, at most 256 in
/// a recording: a launch call costs the host about 5 us (measured by superbench on A100s: 5.55 us by events),
/// so that shorter ones, one by one, would measure the host.
class LaunchSeries {
 public:
  /// `launch` enqueues one. `period`: launches after which the same operands come round again; a recording
  /// holds whole periods. Not `recordable`: launches that have to be made one by one. `must_record`: they are
  /// recorded however long they take, and settle() throws when that fails.
  LaunchSeries(Device& device, std::function<void()> launch, std::uint64_t period, bool recordable,
               bool must_record = false);

  /// Fixes what enqueue() does: `launches` that take `launch_seconds` each, or a few more to make whole
  /// recordings. Returns how many. Calls `launch` for the recording; a fault of it that forbids recording is
  /// kept, see obstacle().
  std::uint64_t settle(std::uint64_t launches, double launch_seconds);
  void enqueue();

  bool recorded() const { return recording_ != nullptr; }
  /// Why launches that should have been recorded were not; "" as a rule.
  std::string const& obstacle() const { return obstacle_; }

 private:
  Device* device_;
  std::function<void()> launch_;
  std::uint64_t period_;
  bool recordable_, must_record_;
  std::unique_ptr<Recording> recording_{};
  std::string obstacle_{};
  std::uint64_t repeats_ = 1;  ///< of the recording, or of the launch
};

/// The least multiple of `step` that is not less than `value`.
constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t step) {
  return (value + step - 1) / step * step;
}

}  // namespace muster
