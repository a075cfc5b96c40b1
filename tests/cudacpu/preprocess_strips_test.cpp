// The fused preprocessing kernel against its formula, value by value.
#include "kernels/dataload/preprocess_strips.cuh"

#include <gtest/gtest.h>

#include <vector>

#include "kernels/contract/random.hpp"
#include "kernels/dataload/checks.hpp"
#include "tests/cudacpu/aligned_array.hpp"

namespace muster {
namespace {

using cuda::PreparedPicture;
using dataload::Crop;
using dataload::Filter;
using dataload::ImageView;
using dataload::Output;
using dataload::OutputSpec;

// A picture in exactly the memory that it has on the device.
struct Picture {
  Picture(int width, int height)
      : pitch(cuda::device_pitch(width)), pixels(pitch * static_cast<std::size_t>(height)) {
    for (std::size_t i = 0; i < pixels.size(); ++i)
      pixels[i] = static_cast<std::uint8_t>(i * 37 % 251 + i / 100 % 5);
    view = {pixels.data(), width, height, pitch};
  }
  std::size_t pitch;
  AlignedArray<std::uint8_t> pixels;
  ImageView view;
};

struct Cut {
  Picture const* picture;
  Crop crop;
};

using Order = std::remove_cvref_t<decltype(cudacpu::all_orders[0])>;

/// All pictures by the tiled kernel (or the plain one), one output after the other.
template <class T, class... More>
AlignedArray<std::byte> run(std::vector<Cut> const& cuts, OutputSpec const& spec,
                            void (*kernel)(PreparedPicture const*, int, More..., T*), unsigned blocks,
                            Order order, unsigned threads) {
  std::vector<PreparedPicture> prepared;
  for (auto const& cut : cuts) prepared.push_back(cuda::prepare(cut.picture->view, cut.crop, spec));
  AlignedArray<std::byte> out(cuts.size() * spec.bytes());
  cudacpu::launch({.grid = {blocks, static_cast<unsigned>(cuts.size())}, .block = threads, .order = order},
                  kernel, static_cast<PreparedPicture const*>(prepared.data()), spec.size, More{48}...,
                  reinterpret_cast<T*>(out.data()));
  return out;
}

int plan = 0;

template <class T>
AlignedArray<std::byte> typed(std::vector<Cut> const& cuts, OutputSpec const& spec, Order order,
                              void (*plainly)(PreparedPicture const*, int, T*)) {
  for (auto const& cut : cuts) {
    if (cuda::strip_fits<cuda::TensorNarrow>(cuda::prepare(cut.picture->view, cut.crop, spec).across, 1))
      continue;
    return run<T>(cuts, spec, plainly, 2, order, 256);
  }
  auto go = [&]<class Plan>(Plan) {
    return run<T, int>(cuts, spec, cuda::preprocess_strips<Plan, T>,
                       static_cast<unsigned>(cuda::strip_blocks<Plan>(spec.size, 48)), order, Plan::threads);
  };
  if (plan == 0) return go(cuda::TensorNarrow{});
  if (plan == 1) return go(cuda::StripPlan<112, 256, 448, 4, true>{});
  return go(cuda::StripPlan<56, 128, 384, 6, false>{});
}

AlignedArray<std::byte> tiled(std::vector<Cut> const& cuts, OutputSpec const& spec, Order order) {
  if (spec.type == Output::float32)
    return typed<float>(cuts, spec, order, cuda::dataload_preprocess_plainly_fp32);
  if (spec.type == Output::float16)
    return typed<cuda::Fp16>(cuts, spec, order, cuda::dataload_preprocess_plainly_fp16);
  return typed<cuda::Bf16>(cuts, spec, order, cuda::dataload_preprocess_plainly_bf16);
}

void expect_right(std::vector<Cut> const& cuts, OutputSpec const& spec, AlignedArray<std::byte>& out,
                  std::string const& which) {
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    double const error =
        dataload::preprocess_error(out.data() + i * spec.bytes(), spec, cuts[i].picture->view, cuts[i].crop);
    EXPECT_LE(error, 2e-5) << which << ", size " << spec.size << ", picture " << i;
  }
}

struct Strips : testing::TestWithParam<int> {
  void SetUp() override { plan = GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(Plans, Strips, testing::Values(0, 1, 2));

TEST_P(Strips, IsRightForEverySizeOfOutputAndPicture) {
  std::pair<int, int> const extents[]{{1, 1}, {2, 3}, {7, 5}, {64, 48}, {41, 97}};
  std::uint64_t key = 0;
  for (auto const& [width, height] : extents) {
    Picture const picture(width, height);
    for (int const size : {1, 2, 4, 6, 8, 13, 14, 32, 33}) {
      for (auto const order : cudacpu::all_orders) {
        std::vector<Cut> const cuts{{&picture, dataload::random_resized_crop(width, height, ++key)}};
        OutputSpec const spec{size, key % 3 == 0 ? Filter::linear : Filter::triangle, Output::float32};
        auto out = tiled(cuts, spec, order);
        expect_right(cuts, spec, out, std::to_string(width) + "x" + std::to_string(height));
      }
    }
  }
}

TEST_P(Strips, PutsEveryPictureOfABatchInItsPlaceInEveryType) {
  Picture const wide(30, 20), tall(21, 55), large(90, 33);
  std::vector<Cut> cuts;
  for (auto const* picture : {&wide, &tall, &large}) {
    auto crop = dataload::centre_crop(picture->view.width, picture->view.height);
    cuts.push_back({picture, crop});
    crop.mirror = true;
    cuts.push_back({picture, crop});
  }
  for (auto const type : {Output::float32, Output::float16, Output::bfloat16}) {
    for (int const size : {20, 21}) {
      OutputSpec const spec{size, Filter::triangle, type};
      auto out = tiled(cuts, spec, Order{});
      expect_right(cuts, spec, out, "type " + std::to_string(static_cast<int>(type)));
    }
  }
}

// Wider than one tile, narrower than two; the last tile's rows and columns are cut off.
TEST_P(Strips, AnOutputOfSeveralTilesIsRight) {
  Picture const picture(301, 222);
  for (int const size : {132, 150, 259}) {
    std::vector<Cut> const cuts{{&picture, {3, 5, 270, 201, true}}};
    OutputSpec const spec{size, Filter::triangle, Output::float16};
    auto out = tiled(cuts, spec, Order{});
    expect_right(cuts, spec, out, "several tiles");
  }
}

TEST_P(Strips, EveryReductionIsRight) {
  Picture const picture(720, 650);
  for (float const reduction :
       {0.3f, 0.99f, 1.0f, 1.01f, 1.3f, 1.5f, 1.99f, 2.0f, 2.01f, 3.0f, 3.99f, 4.01f, 6.3f, 9.7f}) {
    float const side = 66 * reduction;
    std::vector<Cut> const cuts{{&picture, {0, 0, side, side, false}},
                                {&picture, {720 - side, 650 - side, side, side, true}},
                                {&picture, {1.25f, 2.75f, side, side * 0.5f, true}},
                                {&picture, {2.5f, 0.125f, side * 0.5f, side, false}}};
    for (auto const filter : {Filter::triangle, Filter::linear}) {
      OutputSpec const spec{66, filter, Output::float32};
      auto out = tiled(cuts, spec, Order{});
      expect_right(cuts, spec, out, "reduction " + std::to_string(reduction));
    }
  }
}

TEST_P(Strips, PicturesAsNarrowOrLowAsOnePixelAreRight) {
  for (auto const& [width, height] :
       {std::pair{1, 1}, {1, 300}, {300, 1}, {2, 200}, {3, 3}, {4, 90}, {5, 1}, {16, 2}}) {
    Picture const picture(width, height);
    auto const w = static_cast<float>(width), h = static_cast<float>(height);
    std::vector<Cut> const cuts{{&picture, {0, 0, w, h, false}}, {&picture, {0, 0, w, h, true}}};
    for (int const size : {1, 5, 30, 70}) {
      OutputSpec const spec{size, Filter::triangle, Output::float32};
      for (auto const order : cudacpu::all_orders) {
        auto out = tiled(cuts, spec, order);
        expect_right(cuts, spec, out, std::to_string(width) + "x" + std::to_string(height));
      }
    }
  }
}

// Noise has the largest differences from pixel to pixel: whatever a weight is off by shows.
TEST_P(Strips, NoiseIsRight) {
  Picture picture(500, 375);
  std::uint64_t i = 0;
  for (auto& value : picture.pixels) value = random_word(1, i++) >> 63 != 0 ? 255 : 0;
  std::vector<Cut> cuts;
  for (std::uint64_t key = 0; key < 6; ++key)
    cuts.push_back({&picture, dataload::random_resized_crop(500, 375, key)});
  OutputSpec const spec{96, Filter::triangle, Output::float32};
  auto out = tiled(cuts, spec, Order{});
  expect_right(cuts, spec, out, "noise");
}

// What the shared memory holds gets fewer rows, then fewer columns at a time.
TEST_P(Strips, StrongReductionsAreRight) {
  for (int const width : {2000, 5000, 8000}) {
    Picture const picture(width, 40);
    std::vector<Cut> const cuts{{&picture, {0, 0, static_cast<float>(width), 40, false}},
                                {&picture, {1, 2, static_cast<float>(width - 2), 37, true}}};
    OutputSpec const spec{32, Filter::triangle, Output::float32};
    ASSERT_TRUE(cuda::preprocess_fits(cuda::prepare(picture.view, cuts[0].crop, spec).across));
    for (auto const order : cudacpu::all_orders) {
      auto out = tiled(cuts, spec, order);
      expect_right(cuts, spec, out, "width " + std::to_string(width));
    }
  }
}

TEST_P(Strips, NormalisesAPlainPictureToTheKnownValues) {
  Picture picture(16, 16);
  for (auto& value : picture.pixels) value = 255;
  auto bytes =
      tiled({{&picture, dataload::centre_crop(16, 16)}}, {8, Filter::triangle, Output::float32}, Order{});
  auto const* const out = reinterpret_cast<float const*>(bytes.data());
  EXPECT_NEAR(out[0], (1 - 0.485) / 0.229, 1e-5);
  EXPECT_NEAR(out[64 + 9], (1 - 0.456) / 0.224, 1e-5);
  EXPECT_NEAR(out[128 + 63], (1 - 0.406) / 0.225, 1e-5);
}

}  // namespace
}  // namespace muster
