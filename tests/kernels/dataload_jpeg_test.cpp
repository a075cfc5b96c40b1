// Decoding by libjpeg-turbo: whole pictures, parts of them, reduced ones; and what is no picture.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>

#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/jpeg.hpp"
#include "tests/kernels/dataload_jpegs.hpp"
#include "tests/kernels/dataload_support.hpp"

namespace muster::dataload::test {
namespace {

using testing::HasSubstr;

ImageBuffer whole(std::vector<std::byte> const& bytes, int reduction = 1) {
  JpegDecoder decoder;
  ImageBuffer image;
  EXPECT_EQ(decoder.decode(bytes, image, reduction), "");
  return image;
}

/// The region's pixels, decoded as a part of the picture, `strip` rows at a time.
std::vector<std::uint8_t> part(JpegDecoder& decoder, std::vector<std::byte> const& bytes,
                               Region const& region, int reduction, int strip) {
  JpegHeader header;
  JpegDecoder::Columns columns;
  EXPECT_EQ(decoder.open(bytes, header), "");
  EXPECT_EQ(decoder.begin(region, reduction, columns), "");
  EXPECT_LE(columns.left, region.left);
  EXPECT_GE(columns.left + columns.width, region.left + region.width);
  std::vector<std::uint8_t> pixels, row(static_cast<std::size_t>(3 * columns.width * strip));
  for (int y = 0; y < region.height; y += strip) {
    std::vector<std::uint8_t*> rows;
    for (int i = 0; i < std::min(strip, region.height - y); ++i) {
      rows.push_back(row.data() + static_cast<std::ptrdiff_t>(3 * columns.width * i));
    }
    EXPECT_EQ(decoder.read(rows), "");
    for (auto const* const from : rows) {
      auto const* const begin = from + 3 * (region.left - columns.left);
      pixels.insert(pixels.end(), begin, begin + 3 * region.width);
    }
  }
  return pixels;
}

std::vector<std::uint8_t> cut(ImageView const& image, Region const& region) {
  std::vector<std::uint8_t> pixels;
  for (int y = region.top; y < region.top + region.height; ++y) {
    auto const* const begin = image.pixels + static_cast<std::size_t>(y) * image.pitch + 3 * region.left;
    pixels.insert(pixels.end(), begin, begin + 3 * region.width);
  }
  return pixels;
}

Region random_region(RowRandom& random, int width, int height) {
  auto const below = [&](int bound) { return static_cast<int>(random.below(static_cast<unsigned>(bound))); };
  int const w = below(width) + 1, h = below(height) + 1;
  return {below(width - w + 1), below(height - h + 1), w, h};
}

class JpegParts : public testing::TestWithParam<JpegKind> {};

TEST_P(JpegParts, HaveThePixelsOfTheWholePictureAtEveryReduction) {
  RowRandom random(11);
  JpegDecoder decoder;
  for (auto const extent :
       {Extent{203, 149}, Extent{64, 64}, Extent{17, 33}, Extent{33, 5}, Extent{5, 70}, Extent{1, 1}}) {
    auto const bytes = encode(GetParam(), extent);
    for (int const reduction : {1, 2, 4, 8}) {
      auto const image = whole(bytes, reduction);
      for (int i = 0; i < 30; ++i) {
        Region const region = random_region(random, image.width, image.height);
        ASSERT_EQ(part(decoder, bytes, region, reduction, 1 + i % 19), cut(image.view(), region))
            << extent.width << "x" << extent.height << " at 1/" << reduction << ": " << region.width << "x"
            << region.height << " from " << region.left << "," << region.top;
      }
    }
  }
}

TEST_P(JpegParts, OfEveryPlaceInASmallPictureHaveThePixelsOfTheWhole) {
  auto const bytes = encode(GetParam(), {70, 50});
  JpegDecoder decoder;
  for (int const reduction : {1, 2, 4, 8}) {
    auto const image = whole(bytes, reduction);
    for (int left = 0; left < image.width; ++left) {
      int const top = left % image.height;
      Region const region{left, top, std::min(image.width - left, 1 + left % 9),
                          std::min(image.height - top, 4)};
      ASSERT_EQ(part(decoder, bytes, region, reduction, 3), cut(image.view(), region)) << left;
    }
  }
}

/// Of few columns libjpeg-turbo would interpolate the colours in another way.
TEST_P(JpegParts, OfFewColumnsAtTheEdgeHaveThePixelsOfTheWhole) {
  auto const bytes = encode(GetParam(), {210, 60});
  JpegDecoder decoder;
  for (int const reduction : {1, 2, 4}) {
    auto const image = whole(bytes, reduction);
    for (int left = 0; left < 6; ++left) {
      for (int const width : {1, 2, 3}) {
        Region const region{left, 2, width, 3};
        ASSERT_EQ(part(decoder, bytes, region, reduction, 3), cut(image.view(), region))
            << width << " from " << left << " at 1/" << reduction;
      }
    }
  }
}

TEST_P(JpegParts, WholePicturesAreAsTheOtherInterfaceDecodesThem) {
  if (GetParam().name == "410") GTEST_SKIP() << "turbojpeg knows no 4:1:0";
  auto const bytes = encode(GetParam(), {203, 149});
  auto const image = whole(bytes);
  std::vector<std::uint8_t> other(3 * 203 * 149);
  tjhandle const handle = tjInitDecompress();
  EXPECT_EQ(tjDecompress2(handle, reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(),
                          other.data(), 203, 0, 149, TJPF_RGB, 0),
            0);
  tjDestroy(handle);
  EXPECT_TRUE(std::equal(other.begin(), other.end(), image.pixels.begin()));
}

INSTANTIATE_TEST_SUITE_P(Kinds, JpegParts, testing::ValuesIn(jpeg_kinds()),
                         [](auto const& kind) { return kind.param.name; });

TEST(DataloadJpeg, ATruncatedPictureIsAFailureAndTheRestOfTheImageIsGreyOrZero) {
  auto bytes = encode(jpeg_kinds()[0], {96, 64});
  bytes.resize(bytes.size() / 2);
  JpegDecoder decoder;
  ImageBuffer image;
  EXPECT_NE(decoder.decode(bytes, image), "");
  EXPECT_EQ(image.width, 96);
  JpegHeader header;
  ImageBuffer scratch;
  EXPECT_EQ(fault_of(bytes, decoder, scratch, header), "truncated");
}

TEST(DataloadJpeg, APartOfATruncatedPictureIsGoodAsFarAsItsBytesReach) {
  auto bytes = encode(jpeg_kinds()[0], {96, 640});
  auto const image = whole(bytes);
  bytes.resize(bytes.size() / 2);
  JpegDecoder decoder;
  Region const upper{20, 10, 50, 100}, lower{20, 500, 50, 100};
  EXPECT_EQ(part(decoder, bytes, upper, 1, 7), cut(image.view(), upper));
  JpegHeader header;
  JpegDecoder::Columns columns;
  ASSERT_EQ(decoder.open(bytes, header), "");
  EXPECT_THAT(decoder.begin(lower, 1, columns), HasSubstr("remature end"));
  EXPECT_EQ(part(decoder, bytes, upper, 1, 7), cut(image.view(), upper))
      << "the next picture is not disturbed";
}

/// What decoding says of `bytes`.
std::string said_of(std::vector<std::byte> const& bytes) {
  JpegDecoder decoder;
  ImageBuffer image;
  JpegHeader header;
  std::string const why = fault_of(bytes, decoder, image, header);
  EXPECT_EQ(decoder.decode(bytes, image).empty(), why.empty());
  return why;
}

TEST(DataloadJpeg, WhatCannotBeDecodedIsNamed) {
  auto const good = encode(jpeg_kinds()[0], {96, 64});
  EXPECT_EQ(said_of(good), "");
  EXPECT_EQ(said_of({}), "empty");
  EXPECT_EQ(said_of({std::byte{'B'}, std::byte{'M'}, std::byte{0}}), "not a JPEG");
  EXPECT_EQ(said_of(encode({"cmyk", JCS_CMYK, 1, 1}, {96, 64})), "CMYK");
  EXPECT_THAT(said_of({good.begin(), good.begin() + 100}), HasSubstr("unreadable header"));

  auto const patched = [&](std::size_t at, std::initializer_list<unsigned> values) {
    auto bytes = good;
    for (std::size_t i = frame_header(bytes) + at; unsigned const value : values)
      bytes[i++] = static_cast<std::byte>(value);
    return bytes;
  };
  EXPECT_EQ(said_of(patched(1, {0xFF, 0xDC, 0xFF, 0xDC})), "larger than 100 Mpixel");  // 65500 x 65500
  EXPECT_THAT(said_of(patched(0, {12})), HasSubstr("precision 12"));
  EXPECT_THAT(said_of(patched(0, {16})), HasSubstr("precision 16"));
  EXPECT_THAT(said_of(patched(1, {0, 0})), HasSubstr("unreadable header"));  // no height
  auto lossless = good;
  lossless[frame_header(good) - 3] = std::byte{0xC3};
  EXPECT_THAT(said_of(lossless), HasSubstr("0xc3"));
}

TEST(DataloadJpeg, ALongHeaderClaimWithFewBytesIsAFaultAndTakesNoLongTime) {
  auto bytes = encode(jpeg_kinds()[0], {96, 64});
  auto const at = frame_header(bytes);
  for (std::size_t const i : {at + 1, at + 3}) bytes[i] = std::byte{0x20};  // 8192 x 8192 and a little more
  EXPECT_NE(said_of(bytes), "");
}

TEST(DataloadJpeg, AFileOfEndlessScansIsRefused) {
  auto const bytes = encode({"progressive", JCS_RGB, 2, 2, true}, {64, 64});
  // The last scan again and again: from its SOS marker to the end.
  std::size_t scan = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    if (bytes[i] == std::byte{0xFF} && bytes[i + 1] == std::byte{0xDA}) scan = i;
  }
  std::vector<std::byte> many(bytes.begin(), bytes.end() - 2);
  for (int i = 0; i < 300; ++i)
    many.insert(many.end(), bytes.begin() + static_cast<std::ptrdiff_t>(scan), bytes.end() - 2);
  many.insert(many.end(), bytes.end() - 2, bytes.end());
  EXPECT_NE(said_of(many), "");
}

TEST(DataloadJpeg, GreyBecomesThreeEqualChannels) {
  auto const image = whole(encode(jpeg_kinds()[6], {40, 30}));
  for (std::size_t i = 0; i < 40 * 30; ++i) {
    ASSERT_EQ(image.pixels[3 * i], image.pixels[3 * i + 1]);
    ASSERT_EQ(image.pixels[3 * i], image.pixels[3 * i + 2]);
  }
}

}  // namespace
}  // namespace muster::dataload::test
