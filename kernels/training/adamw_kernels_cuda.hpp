#pragma once
#include <cuda_runtime_api.h>

#include "kernels/training/adamw.hpp"

namespace muster::training::cuda {

/// Arrays on the device.
struct AdamwOnDevice {
  float *weight, *m, *v;
  std::uint16_t *gradient, *copy;
  std::uint64_t count;
};

/// Each enqueues and returns; throws DeviceError. `units`: multiprocessors of the device.
void adamw_fill(AdamwOnDevice const& arrays, AdamwKeys const& keys, int units, cudaStream_t stream);
void adamw_step(AdamwOnDevice const& arrays, AdamwStep const& step, cudaStream_t stream);

}  // namespace muster::training::cuda
