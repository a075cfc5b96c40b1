// A picture that nvJPEG is to decode, and where its pixels go.
#pragma once
#include <nvjpeg.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/dataload/prepared_picture.hpp"

namespace muster::cuda {

struct JpegTarget {
  std::span<std::byte const> bytes{};
  std::uint8_t* pixels = nullptr;  ///< device memory: `height` rows, `pitch` bytes apart, interleaved RGB
  int width = 0, height = 0;       ///< of what is to be decoded
  std::size_t pitch = 0;
  int left = 0, top = 0;                      ///< where that lies in the picture
  int picture_width = 0, picture_height = 0;  ///< that its header is to have

  bool is_whole() const { return width == picture_width && height == picture_height; }

  unsigned char const* data() const { return reinterpret_cast<unsigned char const*>(bytes.data()); }
  nvjpegImage_t image() const {
    nvjpegImage_t image{};
    image.channel[0] = pixels;
    image.pitch[0] = pitch;
    return image;
  }
  dataload::ImageView view() const { return {pixels, width, height, pitch}; }
  /// The same box of what is decoded.
  dataload::Crop moved(dataload::Crop crop) const {
    crop.left -= static_cast<float>(left);
    crop.top -= static_cast<float>(top);
    return crop;
  }
  /// Only what lies in `crop` (a box in the picture), in the same memory.
  void narrow(dataload::Crop const& crop);
};

inline void JpegTarget::narrow(dataload::Crop const& crop) {
  left = static_cast<int>(crop.left);  // rounded down: it is not negative
  top = static_cast<int>(crop.top);
  width = std::min(picture_width, static_cast<int>(std::ceil(crop.left + crop.width))) - left;
  height = std::min(picture_height, static_cast<int>(std::ceil(crop.top + crop.height))) - top;
  pitch = device_pitch(width);
}

}  // namespace muster::cuda
