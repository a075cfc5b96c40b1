#include "kernels/cuda/error.hpp"
#include "kernels/cuda/grid.hpp"
#include "kernels/dataload/preprocess.cuh"
#include "kernels/dataload/preprocess_cuda.hpp"

namespace muster::cuda {
namespace {

/// One thread makes four pixels where the size allows.
unsigned blocks_for(int size, int units) {
  auto const pixels = static_cast<std::uint64_t>(size) * static_cast<std::uint64_t>(size);
  return grid_size(size % 4 == 0 ? pixels / 4 : pixels, units, block_size);
}

}  // namespace

void preprocess(dataload::ImageView const& image, int size, float* out, int units, cudaStream_t stream) {
  dataload_preprocess_picture<<<blocks_for(size, units), block_size, 0, stream>>>(
      image.pixels, image.width, image.height, image.pitch, size, out);
  check(cudaGetLastError(), "dataload_preprocess_picture");
}

void preprocess_batch(dataload::ImageView const* images, int count, int size, float* out, int units,
                      cudaStream_t stream) {
  dim3 const grid(blocks_for(size, units), static_cast<unsigned>(count));
  dataload_preprocess_batch<<<grid, block_size, 0, stream>>>(images, size, out);
  check(cudaGetLastError(), "dataload_preprocess_batch");
}

}  // namespace muster::cuda
