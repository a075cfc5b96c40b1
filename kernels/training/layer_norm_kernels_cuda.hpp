#pragma once
#include <cuda_runtime_api.h>

#include "kernels/training/layer_norm.hpp"

namespace muster::training::cuda {

/// Arrays on the device.
struct LayerNormOnDevice {
  std::uint16_t *x, *residual;
  float *gamma, *beta;
  std::uint16_t *sum, *y;
};

/// Each enqueues and returns; throws DeviceError. `units`: multiprocessors of the device.
void layer_norm_fill(LayerNormProblem const& problem, LayerNormOnDevice const& arrays, int units,
                     cudaStream_t stream);
void layer_norm(LayerNormProblem const& problem, LayerNormOnDevice const& arrays, cudaStream_t stream);

}  // namespace muster::training::cuda
