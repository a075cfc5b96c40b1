// What limits the training kernels: the memory's bandwidth, unless the caches hold the data.
#pragma once
#include <cstdint>
#include <optional>

#include "kernels/contract/device.hpp"

namespace muster::training {

/// The memory's bandwidth where `bytes` are at least 4 times the last cache (STREAM's rule), or its size is
/// unknown; else absent.
inline std::optional<Bound> memory_limit(Device& device, std::uint64_t bytes) {
  return bytes >= 4 * device.cache_bytes() ? device.memory_bandwidth() : std::nullopt;
}

}  // namespace muster::training
