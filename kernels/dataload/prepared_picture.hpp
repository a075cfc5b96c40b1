// What the preprocessing kernel is told of one picture. Plain C++ that g++ and nvcc both take.
#pragma once
#include <cstddef>

#include "kernels/dataload/preprocess.hpp"

namespace muster::cuda {

/// The kernel reads words of four bytes: rows begin at multiples of it, and the last word of a row may be
/// read to its end.
inline constexpr std::size_t pixel_alignment = 4;

/// How decoded pictures lie in device memory: from row to row, and all of one, so that many lie in one piece.
inline std::size_t device_pitch(int width) {
  constexpr std::size_t alignment = 16;
  return (static_cast<std::size_t>(width) * 3 + alignment - 1) / alignment * alignment;
}
inline std::size_t device_bytes(int width, int height) {
  constexpr std::size_t alignment = 256;
  std::size_t const bytes = device_pitch(width) * static_cast<std::size_t>(height);
  return (bytes + alignment - 1) / alignment * alignment;
}

/// A decoded picture in device memory (pixels and pitch multiples of pixel_alignment), and where its crop
/// lies along each axis.
struct PreparedPicture {
  dataload::ImageView image{};
  dataload::Axis down{}, across{};
  bool mirror = false;
};

inline PreparedPicture prepare(dataload::ImageView const& image, dataload::Crop const& crop,
                               dataload::OutputSpec const& spec) {
  return {image, axis_of(crop.top, crop.height, image.height, spec.filter, spec.size),
          axis_of(crop.left, crop.width, image.width, spec.filter, spec.size), crop.mirror};
}

}  // namespace muster::cuda
