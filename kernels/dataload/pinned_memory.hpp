// Page-locked memory for the readers, so that the GPU can fetch what they have read.
#pragma once
#include <span>

#include "kernels/dataload/memory.hpp"
#include "kernels/dataload/read_ahead.hpp"

namespace muster::cuda {

/// As dataload::allocate_pages(), but page-locked.
dataload::HostMemory allocate_pinned(std::size_t bytes);

/// The bytes of a batch, from its first picture to its last, as they lie in the reader's memory.
std::span<std::byte const> encoded_bytes(dataload::EncodedBatch const& batch);

}  // namespace muster::cuda
