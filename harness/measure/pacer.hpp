// Launches of one instance, timed as its regime wants.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "kernels/contract/launch_series.hpp"
#include "kernels/contract/workload.hpp"

namespace muster {

class Pacer {
 public:
  Pacer(Device& device, Instance& instance);

  /// What comes before launches that are timed: Instance::reset(); in regime `cold` the eviction of the
  /// caches; and in the regimes of compute something that keeps the device until the first launch has been
  /// enqueued (Device::occupy): else starting it, 10 to 50 us for a long recording, would be timed with it.
  void prepare();
  /// Seconds that `ops` launches take by the device's stopwatch; regime `isolated`: by the host's clock, each
  /// from its call until its work is complete.
  double time(std::uint64_t ops);

  /// Fixes what a sample is: `ops` launches, or a few more to make whole periods of the instance's operands,
  /// recorded where that serves (LaunchSeries). Returns the launches in a sample.
  std::uint64_t settle(std::uint64_t ops, double op_seconds);
  bool recorded() const { return series_.recorded(); }
  /// Why launches that should have been recorded were not; "" as a rule.
  std::string const& obstacle() const { return series_.obstacle(); }
  void begin() { instance_.sampling_begins(); }
  /// One sample as settled, in seconds.
  double sample();

 private:
  double time_isolated(std::uint64_t ops);

  Device& device_;
  Instance& instance_;
  std::unique_ptr<Stopwatch> watch_;
  LaunchSeries series_;
};

}  // namespace muster
