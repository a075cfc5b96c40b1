// Launches of one instance, timed as its regime wants.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "kernels/contract/workload.hpp"

namespace muster {

class Pacer {
 public:
  Pacer(Device& device, Instance& instance);

  /// What comes before launches that are timed: Instance::reset(), and in regime `cold` the eviction of the
  /// caches. On a GPU the eviction also hides the time that launching takes: it still runs when the launch is
  /// enqueued.
  void prepare();
  /// Seconds that `ops` launches take by the device's stopwatch.
  double time(std::uint64_t ops);

  /// Fixes what a sample is: `ops` launches, or a few more to make whole periods of the instance's operands.
  /// Launches shorter than 50 us are recorded and repeated as one where instance and device can do that, at
  /// most 256 in a recording: a launch call costs the host about 5 us (measured by superbench on A100s: 5.55
  /// us by events), so shorter ones would measure the host. Returns the launches in a sample.
  std::uint64_t settle(std::uint64_t ops, double op_seconds);
  bool recorded() const { return recording_ != nullptr; }
  /// Why launches that should have been recorded were not; "" as a rule.
  std::string const& obstacle() const { return obstacle_; }
  /// One sample as settled, in seconds.
  double sample();

 private:
  Device& device_;
  Instance& instance_;
  std::unique_ptr<Stopwatch> watch_;
  std::unique_ptr<Recording> recording_{};
  std::string obstacle_{};
  std::uint64_t ops_ = 1, repeats_ = 1;
};

}  // namespace muster
