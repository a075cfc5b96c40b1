#include "kernels/dataload/jpeg.hpp"

#include <turbojpeg.h>

#include <algorithm>
#include <cstring>

#include "kernels/contract/error.hpp"

namespace muster::dataload {
namespace {

unsigned char const* data_of(std::span<std::byte const> bytes) {
  return reinterpret_cast<unsigned char const*>(bytes.data());
}

std::uint64_t pixels_of(int width, int height) {
  return static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
}

}  // namespace

void ImageBuffer::resize(int new_width, int new_height) {
  width = new_width;
  height = new_height;
  std::size_t const bytes = pixels_of(width, height) * 3;
  if (pixels.size() < bytes) pixels.resize(bytes);
}

void JpegDecoder::Close::operator()(void* handle) const noexcept { tjDestroy(handle); }

JpegDecoder::JpegDecoder() : handle_(tjInitDecompress()) {
  if (!handle_)
    throw DeviceError(std::string("libjpeg-turbo gives no decompressor (") + tjGetErrorStr2(nullptr) + ")");
}

std::optional<JpegHeader> JpegDecoder::header(std::span<std::byte const> bytes, std::string& why) {
  JpegHeader header;
  int subsampling = 0, colours = 0;
  int const failed = tjDecompressHeader3(handle_.get(), data_of(bytes), bytes.size(), &header.width,
                                         &header.height, &subsampling, &colours);
  if (failed != 0 && tjGetErrorCode(handle_.get()) == TJERR_FATAL) {
    why = tjGetErrorStr2(handle_.get());
    return std::nullopt;
  }
  header.cmyk = colours == TJCS_CMYK || colours == TJCS_YCCK;
  return header;
}

std::string JpegDecoder::decode(std::span<std::byte const> bytes, ImageBuffer& image, int reduction) {
  std::string why;
  auto const found = header(bytes, why);
  if (!found) {
    std::ranges::fill(image.pixels, std::uint8_t{0});
    return why;
  }
  if (pixels_of(found->width, found->height) > largest_picture) return "larger than 100 Mpixel";
  image.resize((found->width + reduction - 1) / reduction, (found->height + reduction - 1) / reduction);
  int const failed = tjDecompress2(handle_.get(), data_of(bytes), bytes.size(), image.pixels.data(),
                                   image.width, 0, image.height, TJPF_RGB, 0);
  return failed == 0 ? "" : tjGetErrorStr2(handle_.get());
}

std::string fault_of(std::span<std::byte const> bytes, JpegDecoder& decoder, ImageBuffer& scratch,
                     JpegHeader& header) {
  if (bytes.empty()) return "empty";
  if (bytes.size() < 2 || bytes[0] != std::byte{0xFF} || bytes[1] != std::byte{0xD8}) return "not a JPEG";
  std::string why;
  auto const found = decoder.header(bytes, why);
  if (!found) return "unreadable header: " + why;
  header = *found;
  if (header.cmyk) return "CMYK";
  if (pixels_of(header.width, header.height) > largest_picture) return "larger than 100 Mpixel";
  why = decoder.decode(bytes, scratch);
  bool const early = why.find("remature end") != std::string::npos;
  return early ? "truncated" : why;
}

}  // namespace muster::dataload
