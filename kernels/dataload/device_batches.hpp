// Batches that a pipeline leaves in the device's memory, for whoever computes on them.
#pragma once
#include <cstddef>
#include <cstdint>

namespace muster::dataload {

struct DeviceBatch {
  void const* values = nullptr;  ///< batch x 3 x size x size of Options::output, on the device
  std::size_t bytes = 0;
  std::uint64_t encoded_bytes = 0;  ///< of its pictures, as read
};

/// Beside Instance. Two batches' memory takes turns: what a launch makes is there when the device's queue has
/// done all that the launch enqueued, and stays until the launch after the next.
class DeviceBatches {
 public:
  virtual ~DeviceBatches() = default;
  virtual DeviceBatch last_batch() const = 0;  ///< of the last launch
  /// Returns when all launches are done and all is read ahead that may be, or after a minute.
  virtual void rest() = 0;
};

}  // namespace muster::dataload
