#include <cmath>
#include <limits>

#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/resize_host.hpp"
#include "tests/kernels/dataload_support.hpp"

namespace muster::dataload::test {
namespace {

ImageBuffer decoded(Extent extent) {
  JpegDecoder decoder;
  ImageBuffer image;
  EXPECT_EQ(decoder.decode(picture(1, extent), image), "");
  return image;
}

std::vector<float> preprocessed(ImageView const& image, int size) {
  std::vector<float> out(3 * static_cast<std::size_t>(size) * static_cast<std::size_t>(size));
  HostPreprocessor(size).run(image, out.data());
  return out;
}

TEST(DataloadPreprocess, TheFormulaNormalisesAFlatPictureAsImageNetDoes) {
  std::vector<std::uint8_t> const grey(3 * 40 * 30, 128);
  ImageView const image{grey.data(), 40, 30, 120};
  EXPECT_NEAR(preprocess_value(image, 16, 0, 3, 5), (128 / 255.0 - 0.485) / 0.229, 1e-5);
  EXPECT_NEAR(preprocess_value(image, 16, 1, 3, 5), (128 / 255.0 - 0.456) / 0.224, 1e-5);
  EXPECT_NEAR(preprocess_value(image, 16, 2, 3, 5), (128 / 255.0 - 0.406) / 0.225, 1e-5);
}

TEST(DataloadPreprocess, TheFormulaInterpolatesARampAtPixelCentres) {
  std::vector<std::uint8_t> ramp(3 * 64 * 64);
  for (std::size_t i = 0; i < ramp.size(); ++i)
    ramp[i] = static_cast<std::uint8_t>(i / 3 % 64 * 4);  // 4 x column
  ImageView const image{ramp.data(), 64, 64, 192};
  // The centre 56 columns become 28: output column x covers source columns 4 + 2x and 5 + 2x.
  for (int x = 0; x < 28; ++x) {
    double const expected = (4 * (4.5 + 2 * x) / 255 - 0.485) / 0.229;
    EXPECT_NEAR(preprocess_value(image, 28, 0, 9, x), expected, 1e-5) << x;
  }
}

TEST(DataloadPreprocess, AllThreeChannelsAtOnceAreTheSameValues) {
  auto const image = decoded({50, 40});
  std::vector<float> out(3 * 16 * 16);
  preprocess_pixel(image.view(), 16, 7, 9, out.data());
  for (int channel = 0; channel < 3; ++channel) {
    EXPECT_EQ(out[static_cast<std::size_t>(channel * 256 + 7 * 16 + 9)],
              preprocess_value(image.view(), 16, channel, 7, 9));
  }
}

class DataloadPreprocessSizes : public testing::TestWithParam<std::tuple<Extent, int>> {};

TEST_P(DataloadPreprocessSizes, TheHostFormAgreesWithTheFormula) {
  auto const [extent, size] = GetParam();
  auto const image = decoded(extent);
  EXPECT_LE(preprocess_error(preprocessed(image.view(), size).data(), image.view(), size),
            preprocess_tolerance);
}

INSTANTIATE_TEST_SUITE_P(Extents, DataloadPreprocessSizes,
                         testing::Combine(testing::Values(Extent{96, 64}, Extent{64, 96}, Extent{17, 16},
                                                          Extent{333, 251}),
                                          testing::Values(8, 33, 224)));

TEST(DataloadPreprocess, ASinglePixelFillsTheOutput) {
  std::uint8_t const pixel[3] = {10, 20, 30};
  ImageView const image{pixel, 1, 1, 3};
  auto const out = preprocessed(image, 8);
  EXPECT_LE(preprocess_error(out.data(), image, 8), preprocess_tolerance);
}

TEST(DataloadPreprocess, TheCheckSeesSwappedChannelsWrongMeanAndNotANumber) {
  auto const image = decoded({96, 64});
  auto const right = preprocessed(image.view(), 32);
  auto swapped = right;
  std::swap_ranges(swapped.begin(), swapped.begin() + 1024, swapped.begin() + 1024);
  EXPECT_GT(preprocess_error(swapped.data(), image.view(), 32), preprocess_tolerance);
  auto shifted = right;
  for (auto& value : shifted) value += 0.01f;
  EXPECT_GT(preprocess_error(shifted.data(), image.view(), 32), preprocess_tolerance);
  auto broken = right;
  broken[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(preprocess_error(broken.data(), image.view(), 32)));
  EXPECT_NEAR(preprocess_rms(shifted.data(), image.view(), 32), 0.01, 1e-4);
}

TEST(DataloadPsnr, IsHighForEqualPicturesAndLowForOthers) {
  auto const image = decoded({96, 64});
  auto other = image;
  EXPECT_EQ(psnr(image.view(), other.view()), 99);
  for (auto& value : other.pixels) value = static_cast<std::uint8_t>(value ^ 1);
  EXPECT_NEAR(psnr(image.view(), other.view()), 48.13, 0.01);  // all off by one: 20 log10(255)
  EXPECT_EQ(psnr(image.view(), decoded({96, 63}).view()), -1);
}

TEST(DataloadJpeg, ATruncatedPictureIsAFailureOfDecode) {
  auto bytes = picture(0);
  bytes.resize(bytes.size() * 3 / 4);
  JpegDecoder decoder;
  ImageBuffer image;
  EXPECT_NE(decoder.decode(bytes, image), "");
}

TEST(DataloadJpeg, GreyBecomesThreeEqualChannels) {
  JpegDecoder decoder;
  ImageBuffer image;
  ASSERT_EQ(decoder.decode(ramp(40, 30, TJPF_GRAY, TJSAMP_GRAY), image), "");
  for (std::size_t i = 0; i < 40 * 30; ++i) {
    ASSERT_EQ(image.pixels[3 * i], image.pixels[3 * i + 1]);
    ASSERT_EQ(image.pixels[3 * i], image.pixels[3 * i + 2]);
  }
}

}  // namespace
}  // namespace muster::dataload::test
