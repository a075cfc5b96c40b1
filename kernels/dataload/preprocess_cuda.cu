#include "kernels/cuda/error.hpp"
#include "kernels/cuda/grid.hpp"
#include "kernels/dataload/preprocess.cuh"
#include "kernels/dataload/preprocess_cuda.hpp"

namespace muster::cuda {
namespace {

unsigned blocks_for(int size, int units) {
  return grid_size(static_cast<std::uint64_t>(size) * static_cast<std::uint64_t>(size), units, block_size);
}

}  // namespace

void preprocess(dataload::PictureCrop const& picture, dataload::OutputSpec const& spec, float* out, int units,
                cudaStream_t stream) {
  dataload_preprocess_picture<<<blocks_for(spec.size, units), block_size, 0, stream>>>(picture, spec.filter,
                                                                                       spec.size, out);
  check(cudaGetLastError(), "dataload_preprocess_picture");
}

void preprocess_batch(dataload::PictureCrop const* pictures, int count, dataload::OutputSpec const& spec,
                      float* out, int units, cudaStream_t stream) {
  dim3 const grid(blocks_for(spec.size, units), static_cast<unsigned>(count));
  dataload_preprocess_batch<<<grid, block_size, 0, stream>>>(pictures, spec.filter, spec.size, out);
  check(cudaGetLastError(), "dataload_preprocess_batch");
}

}  // namespace muster::cuda
