// JPEG files of every kind, by libjpeg-turbo.
#pragma once
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>  // before jpeglib.h, which needs it
#include <cstdlib>
#include <string>
#include <vector>

#include <jpeglib.h>

#include "kernels/dataload/random.hpp"
#include "kernels/dataload/synthetic.hpp"

namespace muster::dataload::test {

struct JpegKind {
  std::string name;
  J_COLOR_SPACE pixels = JCS_RGB;  ///< of what is encoded; CMYK: four channels
  int across = 2, down = 2;        ///< luma samples to one of chroma
  bool progressive = false, arithmetic = false;
  unsigned restart = 0;  ///< rows of blocks between restart markers
  bool apart = false;    ///< a scan for each channel
};

inline std::vector<JpegKind> const& jpeg_kinds() {
  static std::vector<JpegKind> const kinds{{"420"},
                                           {"422", JCS_RGB, 2, 1},
                                           {"444", JCS_RGB, 1, 1},
                                           {"440", JCS_RGB, 1, 2},
                                           {"411", JCS_RGB, 4, 1},
                                           {"410", JCS_RGB, 4, 2},
                                           {"grey", JCS_GRAYSCALE, 1, 1},
                                           {"restarts", JCS_RGB, 2, 2, false, false, 1},
                                           {"progressive", JCS_RGB, 2, 2, true},
                                           {"arithmetic", JCS_RGB, 2, 2, false, true},
                                           {"scans_apart", JCS_RGB, 2, 2, false, false, 0, true}};
  return kinds;
}

/// Smooth with edges and noise, so that interpolated colours differ from one pixel to the next.
inline std::vector<std::uint8_t> pixels_of(Extent extent, int channels) {
  RowRandom random(static_cast<std::uint64_t>(extent.width * 7 + extent.height));
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < extent.height; ++y) {
    for (int i = 0; i < extent.width * channels; ++i) {
      int const wave = (i / channels * (3 + i % channels) + y * 5) % 256;
      int const block = (i / channels / 23 + y / 17) % 3 * 40;
      pixels.push_back(static_cast<std::uint8_t>(wave / 2 + block + static_cast<int>(random.below(30))));
    }
  }
  return pixels;
}

inline std::vector<std::byte> encode(JpegKind const& kind, Extent extent, int quality = 90) {
  int const channels = kind.pixels == JCS_GRAYSCALE ? 1 : (kind.pixels == JCS_CMYK ? 4 : 3);
  auto pixels = pixels_of(extent, channels);
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* encoded = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &encoded, &size);
  info.image_width = static_cast<JDIMENSION>(extent.width);
  info.image_height = static_cast<JDIMENSION>(extent.height);
  info.input_components = channels;
  info.in_color_space = kind.pixels;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  info.comp_info[0].h_samp_factor = kind.across;
  info.comp_info[0].v_samp_factor = kind.down;
  info.arith_code = kind.arithmetic ? TRUE : FALSE;
  info.restart_in_rows = static_cast<int>(kind.restart);
  if (kind.progressive) jpeg_simple_progression(&info);
  jpeg_scan_info const scans[3] = {{1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
  if (kind.apart) {
    info.scan_info = scans;
    info.num_scans = 3;
  }
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = pixels.data() + info.next_scanline * static_cast<std::size_t>(extent.width * channels);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  auto const* const begin = reinterpret_cast<std::byte const*>(encoded);
  std::vector<std::byte> bytes(begin, begin + size);
  jpeg_destroy_compress(&info);
  std::free(encoded);
  return bytes;
}

/// Where the frame header (precision, height, width) of a file begins, after its marker and length.
inline std::size_t frame_header(std::vector<std::byte> const& bytes) {
  for (std::size_t at = 2; at + 9 < bytes.size();) {
    auto const code = static_cast<unsigned>(bytes[at + 1]);
    if (code >= 0xC0 && code <= 0xCF && code != 0xC4 && code != 0xC8 && code != 0xCC) return at + 4;
    at += 2 + (static_cast<std::size_t>(bytes[at + 2]) << 8 | static_cast<std::size_t>(bytes[at + 3]));
  }
  ADD_FAILURE() << "no frame header";
  return 0;
}

}  // namespace muster::dataload::test
