// A kernel that fills the caches with what nobody wants.
#pragma once
#include "kernels/cuda/stream_tiles.cuh"

namespace muster::cuda {

/// Reads all packs of `words` once, as loads that the caches keep, and adds what it has read to `sum`. The
/// words are zeros, so that nothing is added; but the compiler cannot know and has to read them.
__global__ void __launch_bounds__(block_size, resident_blocks)
    evict_by_reading(std::uint64_t const* words, std::uint64_t packs, unsigned long long* sum) {
  constexpr int under_way = 8;
  auto const* const from = reinterpret_cast<Pack<std::uint64_t> const*>(words);
  unsigned long long seen = 0;
  stream_tiles<under_way>(
      packs, [from](std::uint64_t i) { return load_pack<false>(from + i); },
      [&seen](std::uint64_t, Pack<std::uint64_t> const& pack) { seen += pack.at[0] + pack.at[1]; });
  if (seen != 0) atomicAdd(sum, seen);
}

}  // namespace muster::cuda
