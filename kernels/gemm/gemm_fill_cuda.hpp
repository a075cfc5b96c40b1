#pragma once
#include <cuda_runtime_api.h>

#include <cstdint>

#include "kernels/gemm/gemm_types.hpp"

namespace muster::cuda {

/// Enqueues the making of `count` elements, in `type`'s encoding, of the operand that `key` names
/// (gemm_key()). `out` is aligned to 16 bytes. `units`: multiprocessors of the device. Throws DeviceError.
void gemm_fill(GemmType type, void* out, std::uint64_t count, std::uint64_t key, GemmDist dist, int units,
               cudaStream_t stream);

}  // namespace muster::cuda
