#include "kernels/cuda/error.hpp"
#include "kernels/cuda/eviction.cuh"
#include "kernels/cuda/eviction.hpp"
#include "kernels/cuda/grid.hpp"

namespace muster::cuda {

Eviction::Eviction(std::size_t bytes, int units, cudaStream_t stream)
    : packs_(bytes / sizeof(Pack<std::uint64_t>) - 1),
      units_(units),
      stream_(stream),
      words_((packs_ + 1) * sizeof(Pack<std::uint64_t>), "evicting the L2 cache") {
  check(cudaMemsetAsync(words_.as(), 0, words_.bytes(), stream), "cudaMemsetAsync");
}

void Eviction::enqueue() const {
  auto* const words = words_.as<std::uint64_t>();
  auto* const sum = reinterpret_cast<unsigned long long*>(words + 2 * packs_);
  evict_by_reading<<<grid_size(packs_, units_, block_size), block_size, 0, stream_>>>(words, packs_, sum);
  check(cudaGetLastError(), "evict_by_reading");
}

}  // namespace muster::cuda
