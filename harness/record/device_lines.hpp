// What a large run keeps of its GPUs' states and counters beside the document: of each GPU one entry a
// launch, however many cases there are.
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "harness/core/device_history.hpp"

namespace muster {

/// Gathers one node's, named as states and telemetry are in the document.
class DeviceLines {
 public:
  /// A rank of a case on GPUs.
  void add(RankFigures const& rank, std::string_view workload);
  /// One line a launch, in their order; "" where no device told anything.
  std::string text() const;

 private:
  std::map<int, std::map<int, DeviceHistory>> by_launch_;  ///< then by device
};

/// Reads them back, of each device over all launches. Throws Error(usage) with the line that is none.
std::map<int, DeviceHistory> read_device_lines(std::string_view text);

}  // namespace muster
