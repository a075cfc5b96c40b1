// Watches a device from a thread of its own while samples are taken.
#pragma once
#include <chrono>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "harness/core/record.hpp"

namespace muster {

/// Asks Device::pulse() from construction to destruction, every 50 ms, or every 100 ms where asking takes
/// longer than 2 ms: at 10 Hz at least, and never more than a small part of one CPU. NVML itself has new
/// values every 100 ms or so.
class Monitor {
 public:
  using Clock = std::chrono::steady_clock;

  /// `begin`: what Reading::seconds count from.
  Monitor(Device& device, Clock::time_point begin);
  ~Monitor();

  /// Ends the watch, with one last look. To be called once. `fault` is why the device could not be asked; ""
  /// as a rule.
  struct Log {
    std::vector<Reading> readings;
    std::string fault;
  };
  Log take();

 private:
  void watch(std::stop_token const& stop);
  bool look();  ///< false when the device cannot be asked, or has nothing to say

  Device& device_;
  Clock::time_point begin_;
  std::mutex mutex_;
  Log log_;
  std::jthread thread_;  ///< last: it uses the rest
};

}  // namespace muster
