#pragma once
#include <cuda_runtime_api.h>

#include <span>

#include "kernels/training/closeness.hpp"

namespace muster::training::cuda {

/// compare() of closeness.hpp for arrays on the device; waits. `units`: multiprocessors. Throws DeviceError,
/// OutOfMemory.
Difference compare(float const* got, std::uint64_t count, std::span<float const> right, Closeness limit,
                   int units, cudaStream_t stream);
Difference compare(std::uint16_t const* got, std::uint64_t count, std::span<float const> right,
                   Closeness limit, int units, cudaStream_t stream);

}  // namespace muster::training::cuda
