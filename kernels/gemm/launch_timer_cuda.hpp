// Timing of launches in set-up, on the device's clock.
#pragma once
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cmath>

#include "kernels/cuda/stream.hpp"

namespace muster::cuda {

class LaunchTimer {
 public:
  explicit LaunchTimer(cudaStream_t stream) : stream_(stream) {}

  /// Seconds of one of `launches` calls of `enqueue`, back to back; > 0. Waits for them. Throws DeviceError.
  template <class Enqueue>
  double seconds(int launches, Enqueue const& enqueue) {
    start_.record(stream_);
    for (int i = 0; i < launches; ++i) enqueue();
    stop_.record(stream_);
    return std::max(seconds_between(start_, stop_) / launches, 1e-9);
  }

 private:
  cudaStream_t stream_;
  Event start_{Event::Timing::on}, stop_{Event::Timing::on};
};

/// How many launches of `seconds` each last for `region_seconds`: at least two, so that the gap before the
/// first counts half at most, and at most a thousand.
inline int launches_for(double region_seconds, double seconds) {
  return static_cast<int>(std::clamp(std::ceil(region_seconds / seconds), 2.0, 1000.0));
}

}  // namespace muster::cuda
