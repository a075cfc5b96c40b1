// From an encoded picture to a tensor in strips, against the formula on the whole picture.
#include <gmock/gmock.h>

#include <algorithm>

#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/picture_worker_host.hpp"
#include "tests/kernels/dataload_jpegs.hpp"
#include "tests/kernels/dataload_support.hpp"

namespace muster::dataload::test {
namespace {

/// preprocess_error of what a worker makes.
double error_of(PictureWorker& worker, Options const& options, std::vector<std::byte> const& bytes,
                std::uint64_t key) {
  auto const spec = options.output_spec();
  std::vector<std::byte> out(spec.bytes(), std::byte{0x7F});
  EXPECT_EQ(worker.run(bytes, key, out.data()), "");
  JpegDecoder decoder;
  ImageBuffer image;
  std::string why;
  auto const header = decoder.header(bytes, why);
  Crop const crop = crop_for(options, header->width, header->height, key);
  EXPECT_EQ(decoder.decode(bytes, image, worker.reduction()), "");
  return preprocess_error(out.data(), spec, image.view(), reduced(crop, worker.reduction()));
}

class Pictures : public testing::TestWithParam<JpegKind> {};

TEST_P(Pictures, AreAsTheFormulaSaysForEveryKindOfFileFilterAndType) {
  Options options{.size = 40};
  for (auto const filter : {Filter::triangle, Filter::linear}) {
    for (auto const type : {Output::float32, Output::float16, Output::bfloat16}) {
      for (bool const scaled : {false, true}) {
        options.filter = filter;
        options.output = type;
        options.scaled = scaled;
        PictureWorker worker(options);
        for (auto const extent : {Extent{203, 149}, Extent{77, 300}, Extent{16, 9}}) {
          auto const bytes = encode(GetParam(), extent);
          for (std::uint64_t key = 0; key < 4; ++key) {
            ASSERT_LE(error_of(worker, options, bytes, key), preprocess_tolerance)
                << extent.width << "x" << extent.height << ", key " << key << (scaled ? ", scaled" : "");
          }
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, Pictures, testing::ValuesIn(jpeg_kinds()),
                         [](auto const& kind) { return kind.param.name; });

TEST(PictureWorker, DecodesNoMoreThanTheCropAndItsScaleNeed) {
  Options options{.size = 40};
  options.scaled = true;
  PictureWorker worker(options);
  auto const bytes = encode(jpeg_kinds()[0], {640, 480});
  std::vector<std::byte> out(options.output_spec().bytes());
  std::vector<int> reductions;
  for (std::uint64_t key = 0; key < 40; ++key) {
    ASSERT_EQ(worker.run(bytes, key, out.data()), "");
    Crop const crop = reduced(crop_for(options, 640, 480, key), worker.reduction());
    EXPECT_LE(static_cast<float>(worker.region().width), crop.width + 2);
    EXPECT_LE(static_cast<float>(worker.region().height), crop.height + 2);
    EXPECT_GE(std::min(crop.width, crop.height), 40);
    reductions.push_back(worker.reduction());
  }
  EXPECT_THAT(reductions, testing::IsSupersetOf({2, 4, 8}));
}

TEST(PictureWorker, GivesZerosForABadPictureAndIsRightForTheNext) {
  Options const options{.size = 40};
  PictureWorker worker(options);
  auto const good = encode(jpeg_kinds()[0], {203, 149});
  auto bad = good;
  bad.resize(bad.size() / 5);
  std::vector<std::byte> out(options.output_spec().bytes(), std::byte{0x7F});
  EXPECT_NE(worker.run(bad, 1, out.data()), "");
  EXPECT_TRUE(std::ranges::all_of(out, [](std::byte value) { return value == std::byte{0}; }));
  EXPECT_LE(error_of(worker, options, good, 1), preprocess_tolerance);
  EXPECT_EQ(worker.run({}, 1, out.data()), "empty");
  EXPECT_GT(worker.seconds().decode, 0);
  EXPECT_GT(worker.seconds().preprocess, 0);
}

// ------------------------------------------------------------------------------------------- Spoilt pictures

void mutate(std::vector<std::byte>& bytes, RowRandom& random) {
  auto const place = [&] { return random.below(static_cast<std::uint32_t>(bytes.size())); };
  auto const near_head = [&] {
    return random.below(std::min<std::uint32_t>(700, static_cast<std::uint32_t>(bytes.size())));
  };
  switch (random.below(6)) {
    case 0:
      for (auto times = random.below(8) + 1; times > 0; --times)
        bytes[place()] ^= static_cast<std::byte>(1 << random.below(8));
      return;
    case 1:
      bytes[near_head()] = static_cast<std::byte>(random.next());
      return;
    case 2:
      bytes.resize(place() + 1);
      return;
    case 3: {  // a marker where none belongs
      auto const at = place();
      bytes[at] = std::byte{0xFF};
      if (at + 1 < bytes.size()) bytes[at + 1] = static_cast<std::byte>(0xC0 + random.below(64));
      return;
    }
    case 4: {  // a piece is missing
      auto const at = bytes.begin() + place();
      bytes.erase(at, at + std::min<std::ptrdiff_t>(bytes.end() - at - 1, random.below(300)));
      return;
    }
    default: {  // a piece comes twice
      std::vector<std::byte> const piece(bytes.begin(), bytes.begin() + near_head());
      bytes.insert(bytes.begin() + place(), piece.begin(), piece.end());
    }
  }
}

/// Thousands of spoilt files, the same ones each time, through every way of decoding. Under AddressSanitizer
/// this says that nothing is read or written outside; a worker must be right again after each.
TEST(SpoiltPictures, AreRefusedOrDecodedButNeverHarmTheNextOne) {
  RowRandom random(5);
  Options options{.size = 24};
  PictureWorker plain(options);
  options.scaled = true;
  PictureWorker scaled(options);
  JpegDecoder decoder;
  ImageBuffer image;
  std::vector<std::byte> out(options.output_spec().bytes());
  auto const good = encode(jpeg_kinds()[0], {90, 70});
  int refused = 0, decoded = 0;
  for (auto const& kind : jpeg_kinds()) {
    auto const original = encode(kind, {90, 70});
    for (int i = 0; i < 250; ++i) {
      auto bytes = original;
      for (auto times = random.below(3) + 1; times > 0; --times) mutate(bytes, random);
      JpegHeader header;
      if (decoder.open(bytes, header) != "") {
        ++refused;
        EXPECT_NE(plain.run(bytes, 0, out.data()), "");
        continue;
      }
      if (header.width * header.height > 4'000'000) continue;  // whole decoding of such is slow, not wrong
      auto const key = static_cast<std::uint64_t>(i);
      decoder.decode(bytes, image, 1 << random.below(4));
      plain.run(bytes, key, out.data());
      scaled.run(bytes, key, out.data());
      ++decoded;
    }
    options.scaled = false;
    EXPECT_LE(error_of(plain, options, good, 3), preprocess_tolerance) << "after " << kind.name;
  }
  EXPECT_GT(refused, 200);
  EXPECT_GT(decoded, 500);
}

}  // namespace
}  // namespace muster::dataload::test
