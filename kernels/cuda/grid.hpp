// How many blocks a grid-stride kernel is launched with.
#pragma once
#include <algorithm>
#include <cstdint>

namespace muster::cuda {

/// Enough blocks of `block` threads for `items`, but no more than fill the device: eight a multiprocessor
/// make 2048 threads, the most that sm_80 and sm_90 hold.
inline unsigned grid_size(std::uint64_t items, int units, int block) {
  auto const wanted = (items + static_cast<std::uint64_t>(block) - 1) / static_cast<std::uint64_t>(block);
  auto const most = static_cast<std::uint64_t>(std::max(units, 1)) * 8;
  return static_cast<unsigned>(std::clamp<std::uint64_t>(wanted, 1, most));
}

}  // namespace muster::cuda
