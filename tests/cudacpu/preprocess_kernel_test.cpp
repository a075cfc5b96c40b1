// The fused preprocessing kernel against its formula, value by value.
#include "kernels/dataload/preprocess.cuh"

#include <gtest/gtest.h>

#include <vector>

#include "tests/cudacpu/aligned_array.hpp"

namespace muster {
namespace {

using cuda::block_size;
using dataload::Crop;
using dataload::Filter;
using dataload::ImageView;
using dataload::PictureCrop;

// A picture in exactly the memory it needs; rows further apart than they are long.
struct Picture {
  Picture(int width, int height, std::size_t padding = 0)
      : pitch(static_cast<std::size_t>(width) * 3 + padding),
        pixels(pitch * static_cast<std::size_t>(height - 1) + static_cast<std::size_t>(width) * 3) {
    for (std::size_t i = 0; i < pixels.size(); ++i)
      pixels[i] = static_cast<std::uint8_t>(i * 37 % 251 + i / 100 % 5);
    view = {pixels.data(), width, height, pitch};
  }
  std::size_t pitch;
  AlignedArray<std::uint8_t> pixels;
  ImageView view;
};

void expect_right(PictureCrop const& picture, Filter filter, int size, float* out, std::string const& which) {
  for (int channel = 0; channel < 3; ++channel) {
    for (int y = 0; y < size; ++y) {
      for (int x = 0; x < size; ++x) {
        float const expected =
            dataload::preprocess_value(picture.image, picture.crop, filter, size, channel, y, x);
        float const got = out[(channel * size + y) * size + x];
        ASSERT_NEAR(got, expected, 1e-5)
            << which << ", size " << size << ", channel " << channel << ", " << x << "," << y;
      }
    }
  }
}

TEST(Preprocess, IsRightForEverySizeOfOutputAndPicture) {
  std::pair<int, int> const extents[]{{1, 1}, {2, 3}, {7, 5}, {64, 48}, {41, 97}};
  std::uint64_t key = 0;
  for (auto const& [width, height] : extents) {
    for (int const size : {1, 2, 4, 6, 8, 13, 14, 32, 33}) {
      for (auto const order : cudacpu::all_orders) {
        Picture picture(width, height, 5);
        PictureCrop const cut{picture.view, dataload::random_resized_crop(width, height, ++key)};
        auto const filter = key % 3 == 0 ? Filter::linear : Filter::triangle;
        AlignedArray<float> out(static_cast<std::size_t>(3 * size * size));
        cudacpu::launch({.grid = 2, .block = block_size, .order = order}, cuda::dataload_preprocess_picture,
                        cut, filter, size, out.data());
        expect_right(cut, filter, size, out.data(), std::to_string(width) + "x" + std::to_string(height));
      }
    }
  }
}

TEST(Preprocess, PutsEveryPictureOfABatchInItsPlace) {
  constexpr int size = 20;
  std::vector<Picture> pictures;
  pictures.emplace_back(30, 20);
  pictures.emplace_back(21, 55);
  pictures.emplace_back(90, 33, 7);
  std::vector<PictureCrop> cut;
  for (auto const& picture : pictures) {
    cut.push_back({picture.view, dataload::centre_crop(picture.view.width, picture.view.height)});
  }
  AlignedArray<float> out(cut.size() * 3 * size * size);
  cudacpu::launch({.grid = {1, 3}, .block = block_size}, cuda::dataload_preprocess_batch, cut.data(),
                  Filter::triangle, size, out.data());
  for (std::size_t i = 0; i < cut.size(); ++i) {
    expect_right(cut[i], Filter::triangle, size, out.data() + i * 3 * size * size,
                 "picture " + std::to_string(i));
  }
}

TEST(Preprocess, NormalisesAPlainPictureToTheKnownValues) {
  Picture picture(16, 16);
  for (auto& value : picture.pixels) value = 255;
  AlignedArray<float> out(3 * 8 * 8);
  cudacpu::launch({.grid = 1, .block = block_size}, cuda::dataload_preprocess_picture,
                  PictureCrop{picture.view, dataload::centre_crop(16, 16)}, Filter::triangle, 8, out.data());
  EXPECT_NEAR(out[0], (1 - 0.485) / 0.229, 1e-5);
  EXPECT_NEAR(out[64 + 9], (1 - 0.456) / 0.224, 1e-5);
  EXPECT_NEAR(out[128 + 63], (1 - 0.406) / 0.225, 1e-5);
}

}  // namespace
}  // namespace muster
