#pragma once
#include <cuda_runtime_api.h>

#include "kernels/dataload/preprocess.hpp"

namespace muster::cuda {

/// Enqueues the preprocessing of one picture whose pixels lie on the device, to 3 x size x size floats there.
/// `units`: multiprocessors. Throws DeviceError.
void preprocess(dataload::ImageView const& image, int size, float* out, int units, cudaStream_t stream);

/// Of `count` pictures (at most 65,535) at once; the array of views lies on the device as well.
void preprocess_batch(dataload::ImageView const* images, int count, int size, float* out, int units,
                      cudaStream_t stream);

}  // namespace muster::cuda
