// Crop, resize, normalise and change to channel-major order in one pass over the output.
#pragma once
#include "kernels/cuda/device.cuh"
#include "kernels/dataload/preprocess.hpp"

namespace muster::cuda {

/// One picture's 3 x size x size floats, by the blocks of the grid's first dimension.
__device__ inline void preprocess_picture(dataload::ImageView const& image, dataload::Crop const& crop,
                                          dataload::Filter filter, int size, float* out) {
  using namespace dataload;
  Axis const down = axis_of(crop.top, crop.height, image.height, filter, size);
  Axis const across = axis_of(crop.left, crop.width, image.width, filter, size);
  auto const cells = static_cast<std::uint64_t>(size) * static_cast<std::uint64_t>(size);
  for (std::uint64_t cell = grid_first(); cell < cells; cell += grid_step()) {
    Taps const rows = taps_at(down, static_cast<int>(cell) / size);
    Taps const columns = taps_at(across, column_of(crop, size, static_cast<int>(cell) % size));
    for (int channel = 0; channel < 3; ++channel) {
      out[static_cast<std::uint64_t>(channel) * cells + cell] =
          resampled(image, rows, columns, channel) * channel_scale(channel) + channel_shift(channel);
    }
  }
}

__global__ void __launch_bounds__(block_size)
    dataload_preprocess_picture(dataload::PictureCrop picture, dataload::Filter filter, int size,
                                float* out) {
  preprocess_picture(picture.image, picture.crop, filter, size, out);
}

/// Picture blockIdx.y of `pictures` to its place in `out`.
__global__ void __launch_bounds__(block_size)
    dataload_preprocess_batch(dataload::PictureCrop const* pictures, dataload::Filter filter, int size,
                              float* out) {
  auto const side = static_cast<std::size_t>(size);
  auto const& picture = pictures[blockIdx.y];
  preprocess_picture(picture.image, picture.crop, filter, size, out + blockIdx.y * 3 * side * side);
}

}  // namespace muster::cuda
