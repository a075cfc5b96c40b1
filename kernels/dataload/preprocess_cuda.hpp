#pragma once
#include <cuda_runtime_api.h>

#include "kernels/dataload/options.hpp"
#include "kernels/dataload/preprocess.hpp"

namespace muster::cuda {

/// Throws Unsupported for output types other than float32 and for scaled decoding.
void refuse_what_is_not_here(dataload::Options const& options);

/// Enqueues the preprocessing of one picture whose pixels lie on the device, to 3 x size x size floats there.
/// `units`: multiprocessors. Throws DeviceError.
void preprocess(dataload::PictureCrop const& picture, dataload::OutputSpec const& spec, float* out, int units,
                cudaStream_t stream);

/// Of `count` pictures (at most 65,535) at once; their array lies on the device as well.
void preprocess_batch(dataload::PictureCrop const* pictures, int count, dataload::OutputSpec const& spec,
                      float* out, int units, cudaStream_t stream);

}  // namespace muster::cuda
