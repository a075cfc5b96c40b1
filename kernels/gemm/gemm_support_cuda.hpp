// Which types of GEMM a GPU has.
#pragma once
#include "kernels/contract/device.hpp"
#include "kernels/gemm/gemm_types.hpp"

namespace muster::cuda {

/// Throws Unsupported when the device has no arithmetic for `type`: what it lacks, and what to use instead.
void require_type(GemmType type, Device& device);

}  // namespace muster::cuda
