#pragma once
#include <cuda_runtime_api.h>

#include "kernels/training/cross_entropy.hpp"

namespace muster::training::cuda {

/// Arrays on the device.
struct CrossEntropyOnDevice {
  std::uint16_t* logits;
  std::int32_t* targets;
  std::uint16_t* gradient;
  float* loss;
};

/// Each enqueues and returns; throws DeviceError. `units`: multiprocessors of the device.
void cross_entropy_fill(CrossEntropyProblem const& problem, CrossEntropyOnDevice const& arrays, int units,
                        cudaStream_t stream);
void cross_entropy(CrossEntropyProblem const& problem, CrossEntropyOnDevice const& arrays,
                   cudaStream_t stream);

}  // namespace muster::training::cuda
