// From a CUDA status to the contract's errors.
#pragma once
#include <cuda_runtime_api.h>

#include <string>
#include <string_view>

#include "kernels/contract/error.hpp"

namespace muster::cuda {

/// "cudaMalloc failed (2: cudaErrorMemoryAllocation, out of memory)".
std::string describe(cudaError_t status, std::string_view call);

/// Throws DeviceError, with the remedy where one is known, unless `status` is a success. Clears the last
/// error.
void check(cudaError_t status, std::string_view call);

}  // namespace muster::cuda
