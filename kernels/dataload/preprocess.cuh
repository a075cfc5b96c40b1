// Crop, resize, normalise and change to channel-major order in one pass over the output.
#pragma once
#include "kernels/cuda/device.cuh"
#include "kernels/dataload/preprocess.hpp"

namespace muster::cuda {

/// Four neighbouring output pixels of a row, 16 bytes a store. `size` and `x` are multiples of 4.
__device__ inline void preprocess_four(dataload::ImageView const& image, int size, int y, int x, float* out) {
  using namespace dataload;
  Crop const crop = centre_crop(image.width, image.height, size);
  Tap const down = tap_at(crop.top, crop.step, y, image.height);
  Tap across[4];
  for (int j = 0; j < 4; ++j) across[j] = tap_at(crop.left, crop.step, x + j, image.width);
  auto const side = static_cast<std::size_t>(size);
  std::size_t const at = static_cast<std::size_t>(y) * side + static_cast<std::size_t>(x);
  for (int channel = 0; channel < 3; ++channel) {
    Pack<float> values;
    for (int j = 0; j < 4; ++j) {
      values.at[j] =
          bilinear(image, down, across[j], channel) * channel_scale(channel) + channel_shift(channel);
    }
    *reinterpret_cast<Pack<float>*>(out + static_cast<std::size_t>(channel) * side * side + at) = values;
  }
}

/// One picture's 3 x size x size floats, by the blocks of the grid's first dimension. `out` is aligned to 16
/// bytes where size is a multiple of 4.
__device__ inline void preprocess_picture(dataload::ImageView const& image, int size, float* out) {
  int const width = size % 4 == 0 ? 4 : 1;
  int const columns = size / width;
  auto const cells = static_cast<std::uint64_t>(columns) * static_cast<std::uint64_t>(size);
  for (std::uint64_t cell = grid_first(); cell < cells; cell += grid_step()) {
    int const y = static_cast<int>(cell) / columns;
    int const x = static_cast<int>(cell) % columns * width;
    if (width == 4) {
      preprocess_four(image, size, y, x, out);
    } else {
      dataload::preprocess_pixel(image, size, y, x, out);
    }
  }
}

__global__ void __launch_bounds__(block_size)
    dataload_preprocess_picture(std::uint8_t const* pixels, int width, int height, std::size_t pitch,
                                int size, float* out) {
  preprocess_picture({pixels, width, height, pitch}, size, out);
}

/// Picture blockIdx.y of `images` to its place in `out`.
__global__ void __launch_bounds__(block_size)
    dataload_preprocess_batch(dataload::ImageView const* images, int size, float* out) {
  auto const side = static_cast<std::size_t>(size);
  preprocess_picture(images[blockIdx.y], size, out + blockIdx.y * 3 * side * side);
}

}  // namespace muster::cuda
