// Page-locked memory for the readers, so that the GPU can fetch what they have read.
#pragma once
#include "kernels/dataload/memory.hpp"

namespace muster::cuda {

/// As dataload::allocate_pages(), but page-locked.
dataload::HostMemory allocate_pinned(std::size_t bytes);

}  // namespace muster::cuda
