// Launches recorded as a CUDA graph: repeating it costs the host one call for all of them.
#pragma once
#include <functional>
#include <memory>

#include "kernels/contract/device.hpp"
#include "kernels/cuda/stream.hpp"

namespace muster {

/// What `enqueue` puts on `stream`. Library calls in it must have run once before (first calls allocate,
/// which a recording forbids). Throws DeviceError.
std::unique_ptr<Recording> record_graph(cudaStream_t stream, std::function<void()> const& enqueue);

}  // namespace muster
