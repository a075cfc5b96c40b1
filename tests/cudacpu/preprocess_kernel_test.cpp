// The fused preprocessing kernel against its formula, value by value.
#include "kernels/dataload/preprocess.cuh"

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

template <class T>
using Kernel = void (*)(PreparedPicture const*, int, T*);

/// All pictures, one output after the other.
template <class T>
AlignedArray<std::byte> run(std::vector<Cut> const& cuts, OutputSpec const& spec, Kernel<T> kernel,
                            unsigned blocks, int threads, Order order) {
  std::vector<PreparedPicture> prepared;
  for (auto const& cut : cuts) prepared.push_back(cuda::prepare(cut.picture->view, cut.crop, spec));
  AlignedArray<std::byte> out(cuts.size() * spec.bytes());
  cudacpu::launch({.grid = {blocks, static_cast<unsigned>(cuts.size())},
                   .block = static_cast<unsigned>(threads),
                   .order = order},
                  kernel, static_cast<PreparedPicture const*>(prepared.data()), spec.size,
                  reinterpret_cast<T*>(out.data()));
  return out;
}

template <class T>
AlignedArray<std::byte> run_plainly(std::vector<Cut> const& cuts, OutputSpec const& spec, Kernel<T> kernel,
                                    unsigned blocks) {
  return run(cuts, spec, kernel, blocks, cuda::block_size, Order{});
}

AlignedArray<std::byte> in_strips(std::vector<Cut> const& cuts, OutputSpec const& spec, Order order) {
  for (auto const& cut : cuts)
    EXPECT_TRUE(cuda::preprocess_fits(cuda::prepare(cut.picture->view, cut.crop, spec)));
  auto const go = [&]<class T>(Kernel<T> kernel) {
    auto const blocks = static_cast<unsigned>(cuda::preprocess_parts(spec.size));
    return run(cuts, spec, kernel, blocks, cuda::preprocess_threads, order);
  };
  switch (spec.type) {
    case Output::float32:
      return go(&cuda::dataload_preprocess_fp32);
    case Output::float16:
      return go(&cuda::dataload_preprocess_fp16);
    case Output::bfloat16:
      break;
  }
  return go(&cuda::dataload_preprocess_bf16);
}

void expect_right(std::vector<Cut> const& cuts, OutputSpec const& spec, AlignedArray<std::byte>& out,
                  std::string const& which) {
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    double const error =
        dataload::preprocess_error(out.data() + i * spec.bytes(), spec, cuts[i].picture->view, cuts[i].crop);
    EXPECT_LE(error, 2e-5) << which << ", size " << spec.size << ", picture " << i;
  }
}

TEST(Preprocess, IsRightForEverySizeOfOutputAndPicture) {
  std::pair<int, int> const extents[]{{1, 1}, {2, 3}, {7, 5}, {40, 48}, {41, 97}};
  std::uint64_t key = 0;
  for (auto const& [width, height] : extents) {
    Picture const picture(width, height);
    for (int const size : {1, 2, 4, 6, 8, 13, 14, 32, 33}) {
      for (auto const order : cudacpu::all_orders) {
        std::vector<Cut> const cuts{{&picture, dataload::random_resized_crop(width, height, ++key)}};
        OutputSpec const spec{size, key % 3 == 0 ? Filter::linear : Filter::triangle, Output::float32};
        auto out = in_strips(cuts, spec, order);
        expect_right(cuts, spec, out, std::to_string(width) + "x" + std::to_string(height));
      }
    }
  }
}

TEST(Preprocess, PutsEveryPictureOfABatchInItsPlaceInEveryType) {
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
      auto out = in_strips(cuts, spec, Order{});
      expect_right(cuts, spec, out, "type " + std::to_string(static_cast<int>(type)));
    }
  }
}

// Wider than two strips, higher than one block; the last ones' rows and columns are cut off.
TEST(Preprocess, AnOutputOfSeveralStripsIsRight) {
  Picture const picture(301, 222);
  for (int const size : {132, 150, 259}) {
    std::vector<Cut> const cuts{{&picture, {3, 5, 270, 201, true}}};
    OutputSpec const spec{size, Filter::triangle, Output::float16};
    auto out = in_strips(cuts, spec, Order{});
    expect_right(cuts, spec, out, "several strips");
  }
}

TEST(Preprocess, EveryReductionIsRight) {
  Picture const picture(330, 310);
  for (float const reduction : {0.3f, 0.99f, 1.0f, 1.01f, 1.5f, 1.99f, 2.0f, 2.01f, 3.0f, 3.99f, 5.3f}) {
    float const side = 58 * reduction;
    std::vector<Cut> const cuts{{&picture, {0, 0, side, side, false}},
                                {&picture, {330 - side, 310 - side, side, side, true}},
                                {&picture, {1.25f, 2.75f, side, side * 0.5f, true}},
                                {&picture, {2.5f, 0.125f, side * 0.5f, side, false}}};
    for (auto const filter : {Filter::triangle, Filter::linear}) {
      OutputSpec const spec{58, filter, Output::float32};
      auto out = in_strips(cuts, spec, Order{});
      expect_right(cuts, spec, out, "reduction " + std::to_string(reduction));
    }
  }
}

TEST(Preprocess, PicturesAsNarrowOrLowAsOnePixelAreRight) {
  for (auto const& [width, height] :
       {std::pair{1, 1}, {1, 300}, {41, 1}, {2, 200}, {3, 3}, {4, 90}, {5, 1}, {16, 2}}) {
    Picture const picture(width, height);
    auto const w = static_cast<float>(width), h = static_cast<float>(height);
    std::vector<Cut> const cuts{{&picture, {0, 0, w, h, false}}, {&picture, {0, 0, w, h, true}}};
    for (int const size : {1, 5, 30, 70}) {
      OutputSpec const spec{size, Filter::triangle, Output::float32};
      for (auto const order : cudacpu::all_orders) {
        auto out = in_strips(cuts, spec, order);
        expect_right(cuts, spec, out, std::to_string(width) + "x" + std::to_string(height));
      }
    }
  }
}

// Noise has the largest differences from pixel to pixel: whatever a weight is off by shows.
TEST(Preprocess, NoiseIsRight) {
  Picture picture(500, 375);
  std::uint64_t i = 0;
  for (auto& value : picture.pixels) value = random_word(1, i++) >> 63 != 0 ? 255 : 0;
  std::vector<Cut> cuts;
  for (std::uint64_t key = 0; key < 6; ++key)
    cuts.push_back({&picture, dataload::random_resized_crop(500, 375, key)});
  OutputSpec const spec{96, Filter::triangle, Output::float32};
  auto out = in_strips(cuts, spec, Order{});
  expect_right(cuts, spec, out, "noise");
}

// The shared memory holds ever fewer columns at a time, one in the end, and weights of ever more rows are not
// kept.
TEST(Preprocess, StrongReductionsAreRight) {
  for (auto const& [width, height] : {std::pair{90, 700}, {250, 250}, {492, 30}}) {
    Picture const picture(width, height);
    auto const w = static_cast<float>(width), h = static_cast<float>(height);
    std::vector<Cut> const cuts{{&picture, {0, 0, w, h, false}}, {&picture, {1, 2, w - 2, h - 3, true}}};
    OutputSpec const spec{12, Filter::triangle, Output::float32};
    for (auto const order : cudacpu::all_orders) {
      auto out = in_strips(cuts, spec, order);
      expect_right(cuts, spec, out, "width " + std::to_string(width));
    }
  }
}

TEST(Preprocess, WhatFindsNoRoomIsForThePlainKernel) {
  Picture const picture(20000, 8);
  std::vector<Cut> const cuts{{&picture, {0, 0, 20000, 8, true}}};
  OutputSpec spec{8, Filter::triangle, Output::float32};
  EXPECT_FALSE(cuda::preprocess_fits(cuda::prepare(picture.view, cuts[0].crop, spec)));
  auto out = run_plainly(cuts, spec, cuda::dataload_preprocess_plainly_fp32, 2);
  expect_right(cuts, spec, out, "plain");
  spec.type = Output::float16;
  auto half = run_plainly(cuts, spec, cuda::dataload_preprocess_plainly_fp16, 1);
  expect_right(cuts, spec, half, "plain, float16");
  spec.type = Output::bfloat16;
  auto brain = run_plainly(cuts, spec, cuda::dataload_preprocess_plainly_bf16, 3);
  expect_right(cuts, spec, brain, "plain, bfloat16");
}

TEST(Preprocess, OneColumnFindsRoomUpToAReductionOf41) {
  OutputSpec const spec{1, Filter::triangle, Output::float32};
  auto const fits = [&](int width, int height) {
    ImageView const view{nullptr, width, height, cuda::device_pitch(width)};
    return cuda::preprocess_fits(cuda::prepare(view, {0, 0, static_cast<float>(width), 8, false}, spec));
  };
  EXPECT_TRUE(fits(41, 8));
  EXPECT_FALSE(fits(43, 8));
}

TEST(Preprocess, PicturesWithOffsetsBeyond32BitsAreForThePlainKernel) {
  OutputSpec const spec{8, Filter::triangle, Output::float32};
  auto const fits = [&](int height) {
    ImageView const view{nullptr, 65535, height, cuda::device_pitch(65535)};
    return cuda::preprocess_fits(cuda::prepare(view, {0, 0, 64, 64, false}, spec));
  };
  EXPECT_TRUE(fits(21000));
  EXPECT_FALSE(fits(22000));
}

TEST(Preprocess, NormalisesAPlainPictureToTheKnownValues) {
  Picture picture(16, 16);
  for (auto& value : picture.pixels) value = 255;
  auto bytes =
      in_strips({{&picture, dataload::centre_crop(16, 16)}}, {8, Filter::triangle, Output::float32}, Order{});
  auto const* const out = reinterpret_cast<float const*>(bytes.data());
  EXPECT_NEAR(out[0], (1 - 0.485) / 0.229, 1e-5);
  EXPECT_NEAR(out[64 + 9], (1 - 0.456) / 0.224, 1e-5);
  EXPECT_NEAR(out[128 + 63], (1 - 0.406) / 0.225, 1e-5);
}

}  // namespace
}  // namespace muster
