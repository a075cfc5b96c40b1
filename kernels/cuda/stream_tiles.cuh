// How our kernels go through arrays that are larger than any cache: 16 bytes at a time, by tiles.
#pragma once
#include <cstring>

#include "kernels/cuda/device.cuh"

namespace muster::cuda {

/// Blocks of ours that one multiprocessor is sure to hold: the compiler keeps to 64 registers a thread for
/// it.
inline constexpr int resident_blocks = 4;

/// One pack, 16 bytes at a time. `past_cache`: the data is larger than the L2, so what went through is the
/// first to be thrown out of it (evict first) and lines of the other arrays stay until they are whole.
template <bool past_cache, class T>
__device__ Pack<T> load_pack(Pack<T> const* from) {
  if constexpr (!past_cache) return *from;
  auto const bits = __ldcs(reinterpret_cast<uint4 const*>(from));
  Pack<T> pack;
  memcpy(&pack, &bits, sizeof pack);
  return pack;
}

template <bool past_cache, class T>
__device__ void store_pack(Pack<T>* to, Pack<T> const& pack) {
  if constexpr (!past_cache) {
    *to = pack;
  } else {
    uint4 bits;
    memcpy(&bits, &pack, sizeof bits);
    __stcs(reinterpret_cast<uint4*>(to), bits);
  }
}

/// use(i, load(i)) for every pack i < count, by tiles: a block takes `unroll` packs a thread that lie
/// together in memory, all loaded before the first is used, then the tile one grid further on.
template <int unroll, class Load, class Use>
__device__ void stream_tiles(std::uint64_t count, Load load, Use use) {
  constexpr std::uint64_t tile = static_cast<std::uint64_t>(unroll) * block_size;
  for (std::uint64_t start = blockIdx.x * tile; start < count; start += gridDim.x * tile) {
    std::uint64_t const first = start + threadIdx.x;
    if (start + tile <= count) {
      decltype(load(first)) loaded[unroll];
      for (int j = 0; j < unroll; ++j) loaded[j] = load(first + static_cast<std::uint64_t>(j) * block_size);
      for (int j = 0; j < unroll; ++j) use(first + static_cast<std::uint64_t>(j) * block_size, loaded[j]);
    } else {
      for (std::uint64_t i = first; i < count; i += block_size) use(i, load(i));
    }
  }
}

}  // namespace muster::cuda
