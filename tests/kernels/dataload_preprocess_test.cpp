#include <array>
#include <cmath>
#include <limits>
#include <span>

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

std::vector<std::byte> preprocessed(ImageView const& image, Crop const& crop, OutputSpec const& spec) {
  std::vector<std::byte> out(spec.bytes());
  HostPreprocessor(spec).run(image, crop, out.data());
  return out;
}

Crop centre(ImageView const& image) { return centre_crop(image.width, image.height); }

/// The values of a float32 output.
std::span<float> floats(std::vector<std::byte>& out) {
  return {reinterpret_cast<float*>(out.data()), out.size() / sizeof(float)};
}

TEST(DataloadPreprocess, TheFormulaNormalisesAFlatPictureAsImageNetDoes) {
  std::vector<std::uint8_t> const grey(3 * 40 * 30, 128);
  ImageView const image{grey.data(), 40, 30, 120};
  auto const value = [&](int channel) {
    return preprocess_value(image, centre(image), Filter::triangle, 16, channel, 3, 5);
  };
  EXPECT_NEAR(value(0), (128 / 255.0 - 0.485) / 0.229, 1e-5);
  EXPECT_NEAR(value(1), (128 / 255.0 - 0.456) / 0.224, 1e-5);
  EXPECT_NEAR(value(2), (128 / 255.0 - 0.406) / 0.225, 1e-5);
}

TEST(DataloadPreprocess, TheFormulaInterpolatesARampAtPixelCentres) {
  std::vector<std::uint8_t> ramp(3 * 64 * 64);
  for (std::size_t i = 0; i < ramp.size(); ++i)
    ramp[i] = static_cast<std::uint8_t>(i / 3 % 64 * 4);  // 4 x column
  ImageView const image{ramp.data(), 64, 64, 192};
  // The centre 56 columns become 28: output column x covers source columns 4 + 2x and 5 + 2x.
  for (int x = 0; x < 28; ++x) {
    double const expected = (4 * (4.5 + 2 * x) / 255 - 0.485) / 0.229;
    EXPECT_NEAR(preprocess_value(image, centre(image), Filter::linear, 28, 0, 9, x), expected, 1e-5) << x;
    // The triangle is symmetric, so that only the columns at the box's edges differ.
    if (x == 0 || x == 27) continue;
    EXPECT_NEAR(preprocess_value(image, centre(image), Filter::triangle, 28, 0, 9, x), expected, 1e-5) << x;
  }
}

TEST(DataloadPreprocess, TheTriangleWeighsTheFourSourcePixelsOfAHalvingOneThreeThreeOne) {
  Axis const axis = axis_of(0, 64, 64, Filter::triangle, 32);
  Taps const taps = taps_at(axis, 10);  // its middle is 21: pixels 19 to 22
  EXPECT_EQ(taps.first, 19);
  EXPECT_EQ(taps.count, 4);
  float const weights[]{0.25f, 0.75f, 0.75f, 0.25f};
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(weight_at(taps, 19 + i), weights[i], 1e-6);
}

TEST(DataloadPreprocess, PixelsOutsideTheBoxDoNotCount) {
  std::vector<std::uint8_t> pixels(3 * 64 * 64, 255);
  for (std::size_t y = 10; y < 30; ++y)
    std::fill_n(pixels.begin() + static_cast<long>(3 * (64 * y + 20)), 3 * 25, 0);
  ImageView const image{pixels.data(), 64, 64, 192};
  Crop const black{20, 10, 25, 20, false};
  for (auto const filter : {Filter::triangle, Filter::linear}) {
    for (int const at : {0, 3, 7}) {
      EXPECT_NEAR(preprocess_value(image, black, filter, 8, 0, at, at), channel_shift(0), 1e-6);
    }
  }
}

TEST(DataloadPreprocess, AMirroredCropIsTheSameFromRightToLeft) {
  auto const image = decoded({50, 40});
  Crop crop{5, 3, 31, 29, false};
  Crop mirrored = crop;
  mirrored.mirror = true;
  for (int x = 0; x < 16; ++x) {
    EXPECT_EQ(preprocess_value(image.view(), crop, Filter::triangle, 16, 1, 7, x),
              preprocess_value(image.view(), mirrored, Filter::triangle, 16, 1, 7, 15 - x));
  }
}

TEST(DataloadCrop, LiesInThePictureWithAreaAndAspectInTheirRanges) {
  double area = 0, log_aspect = 0, mirrored = 0;
  constexpr int pictures = 20'000;
  for (std::uint64_t i = 0; i < pictures; ++i) {
    Crop const crop = random_resized_crop(500, 375, crop_key(7, 0, i));
    ASSERT_GE(crop.left, 0);
    ASSERT_GE(crop.top, 0);
    ASSERT_LE(crop.left + crop.width, 500);
    ASSERT_LE(crop.top + crop.height, 375);
    double const share = crop.width * crop.height / (500.0 * 375), aspect = crop.width / crop.height;
    ASSERT_GT(share, 0.078);
    ASSERT_LE(share, 1.0);
    ASSERT_GT(aspect, 0.74);
    ASSERT_LT(aspect, 1.35);
    area += share / pictures;
    log_aspect += std::log(aspect) / pictures;
    mirrored += crop.mirror ? 1.0 / pictures : 0;
  }
  EXPECT_NEAR(mirrored, 0.5, 0.02);
  // By 400,000 draws of torchvision's definition: below the mean of 0.08 to 1, since large tall boxes do not
  // fit.
  EXPECT_NEAR(area, 0.4329, 0.01);
  EXPECT_NEAR(log_aspect, 0.0307, 0.01);
}

TEST(DataloadCrop, OfASquarePictureHasUniformAreasAsFarAsTheyFit) {
  // Below 3/4 every box fits a square: shares in 0.08..0.75 are uniform; the larger ones are tried again.
  int low = 0, high = 0;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    Crop const crop = random_resized_crop(400, 400, crop_key(7, 1, i));
    double const share = crop.width * crop.height / 160'000.0;
    low += share >= 0.1 && share < 0.3;
    high += share >= 0.5 && share < 0.7;
  }
  EXPECT_NEAR(low / 20'000.0, high / 20'000.0, 0.02);
  EXPECT_NEAR(low / 20'000.0, 0.252, 0.01);
}

TEST(DataloadCrop, ChangesWithEpochRecordAndSeedAndIsTheSameAgain) {
  auto const crop = [](std::uint64_t seed, std::uint64_t epoch, std::uint64_t record) {
    Crop const made = random_resized_crop(500, 375, crop_key(seed, epoch, record));
    return std::array{made.left, made.top, made.width, made.height};
  };
  EXPECT_EQ(crop(1, 2, 3), crop(1, 2, 3));
  EXPECT_NE(crop(1, 2, 3), crop(2, 2, 3));
  EXPECT_NE(crop(1, 2, 3), crop(1, 3, 3));
  EXPECT_NE(crop(1, 2, 3), crop(1, 2, 4));
}

TEST(DataloadCrop, OfAStripIsItsMiddle) {
  Crop const wide = random_resized_crop(1000, 10, 5), tall = random_resized_crop(10, 1000, 5);
  EXPECT_EQ(wide.height, 10);
  EXPECT_EQ(wide.width, 13);
  EXPECT_EQ(wide.left, 493);
  EXPECT_EQ(tall.width, 10);
  EXPECT_EQ(tall.height, 13);
  EXPECT_EQ(tall.top, 493);
  Crop const dot = random_resized_crop(1, 1, 5);
  EXPECT_EQ(dot.width * dot.height, 1);
}

TEST(DataloadCrop, TheExponentialIsThatOfTheLibrary) {
  for (double x = -0.288; x <= 0.288; x += 0.001) {
    EXPECT_NEAR(static_cast<double>(small_exponential(static_cast<std::int64_t>(x * 0x1p30))) * 0x1p-30,
                std::exp(x), 0x1p-26);
  }
}

TEST(DataloadCrop, IsReducedAsFarAsItsShorterSideAllows) {
  EXPECT_EQ(reduction_for({0, 0, 447, 900}, 224), 1);
  EXPECT_EQ(reduction_for({0, 0, 900, 448}, 224), 2);
  EXPECT_EQ(reduction_for({0, 0, 1791, 1791}, 224), 4);
  EXPECT_EQ(reduction_for({0, 0, 9000, 9000}, 224), 8);
  Crop const half = reduced({3, 5, 450, 451, true}, 2);
  EXPECT_EQ(half.left, 1.5f);
  EXPECT_EQ(half.top, 2.5f);
  EXPECT_EQ(half.width, 225);
  EXPECT_EQ(half.height, 225.5f);
  EXPECT_TRUE(half.mirror);
}

class DataloadPreprocessSizes : public testing::TestWithParam<std::tuple<Extent, int, Filter, Output>> {};

TEST_P(DataloadPreprocessSizes, TheHostFormAgreesWithTheFormula) {
  auto const [extent, size, filter, type] = GetParam();
  auto const image = decoded(extent);
  OutputSpec const spec{size, filter, type};
  for (std::uint64_t key = 0; key < 4; ++key) {
    Crop const crop = random_resized_crop(extent.width, extent.height, key);
    auto const out = preprocessed(image.view(), crop, spec);
    EXPECT_LE(preprocess_error(out.data(), spec, image.view(), crop), preprocess_tolerance);
  }
  auto const out = preprocessed(image.view(), centre(image.view()), spec);
  EXPECT_LE(preprocess_error(out.data(), spec, image.view(), centre(image.view())), preprocess_tolerance);
}

INSTANTIATE_TEST_SUITE_P(
    Extents, DataloadPreprocessSizes,
    testing::Combine(testing::Values(Extent{96, 64}, Extent{64, 96}, Extent{17, 16}, Extent{333, 251}),
                     testing::Values(8, 33, 224), testing::Values(Filter::triangle, Filter::linear),
                     testing::Values(Output::float32, Output::float16, Output::bfloat16)));

TEST(DataloadPreprocess, ASinglePixelFillsTheOutput) {
  std::uint8_t const pixel[3] = {10, 20, 30};
  ImageView const image{pixel, 1, 1, 3};
  auto const out = preprocessed(image, centre(image), {8});
  EXPECT_LE(preprocess_error(out.data(), {8}, image, centre(image)), preprocess_tolerance);
}

TEST(DataloadPreprocess, TheCheckSeesSwappedChannelsWrongMeanWrongCropAndNotANumber) {
  auto const image = decoded({96, 64});
  OutputSpec const spec{32};
  Crop const crop = centre(image.view());
  auto const right = preprocessed(image.view(), crop, spec);
  auto const error = [&](std::vector<std::byte> const& out) {
    return preprocess_error(out.data(), spec, image.view(), crop);
  };
  auto swapped = right;
  std::swap_ranges(swapped.begin(), swapped.begin() + 4096, swapped.begin() + 4096);
  EXPECT_GT(error(swapped), preprocess_tolerance);
  auto shifted = right;
  for (auto& value : floats(shifted)) value += 0.01f;
  EXPECT_GT(error(shifted), preprocess_tolerance);
  auto broken = right;
  floats(broken)[5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(error(broken)));
  EXPECT_NEAR(preprocess_rms(shifted.data(), spec, image.view(), crop), 0.01, 1e-4);
  Crop moved = crop;
  moved.left += 1;
  EXPECT_GT(error(preprocessed(image.view(), moved, spec)), preprocess_tolerance);
  Crop mirrored = crop;
  mirrored.mirror = true;
  EXPECT_GT(error(preprocessed(image.view(), mirrored, spec)), preprocess_tolerance);
}

TEST(DataloadPreprocess, TheCheckOfShortTypesAllowsOneRoundingOnly) {
  auto const image = decoded({96, 64});
  Crop const crop = centre(image.view());
  for (auto const type : {Output::float16, Output::bfloat16}) {
    OutputSpec const spec{32, Filter::triangle, type};
    auto out = preprocessed(image.view(), crop, spec);
    EXPECT_LE(preprocess_error(out.data(), spec, image.view(), crop), preprocess_tolerance);
    auto* const bits = reinterpret_cast<std::uint16_t*>(out.data());
    for (std::size_t i = 0; i < spec.values(); ++i) bits[i] = static_cast<std::uint16_t>(bits[i] + 1);
    EXPECT_GT(preprocess_error(out.data(), spec, image.view(), crop), preprocess_tolerance);
  }
}

TEST(DataloadPsnr, OfOutputsIsThatOfTheirPixels) {
  OutputSpec const spec{8};
  std::vector<float> a(spec.values(), 0.5f), b = a;
  auto const of = [&] {
    return output_psnr(reinterpret_cast<std::byte const*>(a.data()),
                       reinterpret_cast<std::byte const*>(b.data()), spec);
  };
  EXPECT_EQ(of(), 99);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] += channel_scale(static_cast<int>(i / 64));  // one level
  EXPECT_NEAR(of(), 48.13, 0.01);
}

TEST(DataloadPsnr, IsHighForEqualPicturesAndLowForOthers) {
  auto const image = decoded({96, 64});
  auto other = image;
  EXPECT_EQ(psnr(image.view(), other.view()), 99);
  for (auto& value : other.pixels) value = static_cast<std::uint8_t>(value ^ 1);
  EXPECT_NEAR(psnr(image.view(), other.view()), 48.13, 0.01);  // all off by one: 20 log10(255)
  EXPECT_EQ(psnr(image.view(), decoded({96, 63}).view()), -1);
}

}  // namespace
}  // namespace muster::dataload::test
