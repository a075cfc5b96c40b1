// How fast this rank copies memory: what limits ranks of one host that exchange data.
#pragma once
#include <cstdint>

#include "kernels/contract/work.hpp"

namespace muster::host {

/// "measured_copy_bandwidth": bytes per second of copying `bytes` (64 MiB at most: what fits into a cache is
/// faster there than the memory is) between two buffers, best of five, each at least 2 ms long.
Bound copy_bound(std::uint64_t bytes);

}  // namespace muster::host
