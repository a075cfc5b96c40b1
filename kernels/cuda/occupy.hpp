// Keeping a GPU's stream busy without using the GPU's memory.
#pragma once
#include <cuda_runtime_api.h>

namespace muster::cuda {

/// Enqueues `seconds` of one thread's waiting on a GPU whose multiprocessors run at `clock_hz` at most; at a
/// lower clock it takes longer.
void occupy(double seconds, double clock_hz, cudaStream_t stream);

}  // namespace muster::cuda
