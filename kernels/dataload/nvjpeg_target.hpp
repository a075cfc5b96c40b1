// A picture that nvJPEG is to decode, and where its pixels go.
#pragma once
#include <nvjpeg.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/dataload/preprocess.hpp"

namespace muster::cuda {

struct JpegTarget {
  std::span<std::byte const> bytes{};
  std::uint8_t* pixels = nullptr;  ///< device memory: `height` rows, `pitch` bytes apart, interleaved RGB
  int width = 0, height = 0;
  std::size_t pitch = 0;

  unsigned char const* data() const { return reinterpret_cast<unsigned char const*>(bytes.data()); }
  nvjpegImage_t image() const {
    nvjpegImage_t image{};
    image.channel[0] = pixels;
    image.pitch[0] = pitch;
    return image;
  }
  dataload::ImageView view() const { return {pixels, width, height, pitch}; }
};

}  // namespace muster::cuda
