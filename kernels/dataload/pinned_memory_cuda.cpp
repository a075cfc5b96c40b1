#include "kernels/dataload/pinned_memory.hpp"

#include "kernels/cuda/buffer.hpp"

namespace muster::cuda {

dataload::HostMemory allocate_pinned(std::size_t bytes) {
  // CUDA promises no alignment of host memory beyond that of its types, and direct reads want whole pages.
  constexpr std::size_t page = 4096;
  auto const buffer = std::make_shared<PinnedBuffer>(bytes + page, "the read buffers");
  void* at = buffer->as();
  std::size_t space = buffer->bytes();
  return {buffer, static_cast<std::byte*>(std::align(page, bytes, at, space))};
}

std::span<std::byte const> encoded_bytes(dataload::EncodedBatch const& batch) {
  auto const& first = batch.images.front().bytes;
  auto const& last = batch.images.back().bytes;
  return {first.data(), last.data() + last.size()};
}

}  // namespace muster::cuda
