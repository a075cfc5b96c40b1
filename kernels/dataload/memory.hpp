// Host memory for reads and batches. The cuda side hands in pinned memory through the same type.
#pragma once
#include <cstddef>
#include <functional>
#include <memory>

namespace muster::dataload {

/// Page-aligned bytes that free themselves.
using HostMemory = std::shared_ptr<std::byte>;

/// Gives `bytes` of memory aligned to 4096. Throws OutOfMemory.
using Allocate = std::function<HostMemory(std::size_t bytes)>;

/// From the C library, every page touched; from 512 KiB on in large pages where the system grants them.
HostMemory allocate_pages(std::size_t bytes);

}  // namespace muster::dataload
