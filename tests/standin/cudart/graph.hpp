// Captures and graphs by handle: what streams are given while they are captured is kept, and done again with
// every launch.
#pragma once
#include <cuda_runtime_api.h>

#include <memory>

#include "tests/standin/cudart/stream.hpp"

namespace muster::standin {

/// Makes `stream` capture for the calling thread; false when it does so already.
bool begin_capture(std::shared_ptr<Stream> const& stream);

/// What has been captured. A status when there is nothing to end, when another thread began it, or when
/// something happened in it that cannot be captured; the stream takes work again in every case but the
/// second.
Capture::Result end_capture(Stream& stream);

/// To be asked by whatever no capture allows (allocating, asking a stream): does the calling thread capture?
/// The capture is then beyond saving.
bool spoils_capture();
/// The same for calls that only `stream`'s own capture does not allow.
bool spoils_capture(Stream& stream);

int graphs_alive();  ///< graphs and executable graphs together

}  // namespace muster::standin
