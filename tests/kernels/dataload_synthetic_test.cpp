#include <gmock/gmock.h>

#include "kernels/dataload/jpeg.hpp"
#include "kernels/dataload/options.hpp"
#include "kernels/dataload/synthetic_set.hpp"
#include "tests/kernels/dataload_support.hpp"

namespace muster::dataload::test {
namespace {

constexpr SyntheticSpec spec{24, {96, 64}};
Options const options{.images = 24, .width = 96, .height = 64};

TEST(DataloadSynthetic, PicturesDependOnTheirNumberAlone) {
  EXPECT_EQ(picture(7), picture(7));
  EXPECT_NE(picture(7), picture(8));
}

TEST(DataloadSynthetic, PicturesDecodeToTheirSizeWithEveryChannelVaried) {
  JpegDecoder decoder;
  ImageBuffer image;
  ASSERT_EQ(decoder.decode(picture(3, {101, 67}), image), "");
  EXPECT_EQ(image.width, 101);
  EXPECT_EQ(image.height, 67);
  for (std::size_t channel = 0; channel < 3; ++channel) {
    std::uint8_t low = 255, high = 0;
    for (std::size_t i = channel; i < 3u * 101 * 67; i += 3) {
      low = std::min(low, image.pixels[i]);
      high = std::max(high, image.pixels[i]);
    }
    EXPECT_GT(high - low, 20) << "channel " << channel;
  }
}

TEST(DataloadSynthetic, SizesAndBytesFollowImageNet) {
  double pixels = 0, upright = 0;
  constexpr int count = 4000;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto const extent = picture_extent(i, {500, 375});
    pixels += static_cast<double>(extent.width) * extent.height;
    upright += extent.height > extent.width;
  }
  EXPECT_NEAR(pixels / count / (500 * 375), 1.69, 0.15);  // exp(1.026^2 / 2), a little less for the cut
  EXPECT_NEAR(upright / count, 0.25, 0.03);
  EXPECT_NEAR(static_cast<double>(picture(0, {500, 375}).size()), 65.8e3, 4e3);
}

TEST(DataloadSynthetic, ASetIsMadeOnceAndThenOnlyOpened) {
  TestFolder const cache;
  SoloWithNotes solo;
  solo.context.cache = cache.path();
  int calls = 0;
  double last = 0;
  solo.context.progress = [&](double part, std::string const&) {
    ++calls;
    last = part;
  };
  auto const made = open_records(options, solo.context);
  EXPECT_GT(calls, 0);
  EXPECT_EQ(last, 1.0);
  calls = 0;
  auto const opened = open_records(options, solo.context);
  EXPECT_EQ(calls, 0);
  ASSERT_EQ(opened.records.size(), 24u);
  for (std::size_t i = 0; i < 24; ++i) {
    EXPECT_EQ(hash_of(read_plainly(opened, opened.records[i])), opened.records[i].hash);
    EXPECT_EQ(opened.records[i].hash, made.records[i].hash);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(cache.path()), {}), 1) << "temporary folders are left";
}

TEST(DataloadSynthetic, ADamagedSetIsMadeAnew) {
  TestFolder const cache;
  SoloWithNotes solo;
  solo.context.cache = cache.path();
  auto const made = open_records(options, solo.context);
  fs::path const shard = made.files[0];
  fs::resize_file(shard, fs::file_size(shard) / 2);
  EXPECT_FALSE(load_synthetic(shard.parent_path()));
  EXPECT_EQ(open_records(options, solo.context).records.size(), 24u);
  flip_byte(shard.parent_path() / "index.txt", 40);
  EXPECT_FALSE(load_synthetic(shard.parent_path()));
  EXPECT_EQ(open_records(options, solo.context).records.size(), 24u);
}

TEST(DataloadSynthetic, TwoThatMakeTheSameSetAtOnceEndWithOneWholeSet) {
  TestFolder const cache;
  fs::path const folder = synthetic_folder(cache.path(), spec);
  auto const make = [&] {
    muster::test::ThisThread team;
    make_synthetic(folder, spec, team, [](double, std::string const&) {});
  };
  std::thread other(make);
  make();
  other.join();
  ASSERT_TRUE(load_synthetic(folder));
  EXPECT_EQ(std::distance(fs::directory_iterator(cache.path()), {}), 1);
}

TEST(DataloadSynthetic, RanksOfANodeShareWhatTheFirstOneMakes) {
  TestFolder const cache;
  muster::test::ThreadGroup ranks(2);
  std::atomic<int> makers{0};
  ranks.run([&](Group& group) {
    HostDevice device{OpenOptions{}};
    Context context{.device = device, .group = group, .seed = 1};
    context.cache = cache.path();
    bool made = false;
    context.progress = [&](double, std::string const&) { made = true; };
    EXPECT_EQ(open_records(options, context).records.size(), 24u);
    makers += made;
  });
  EXPECT_EQ(makers, 1);
}

TEST(DataloadSynthetic, SaysWhatIsNeededWhenTheCacheIsTooSmall) {
  TestFolder const cache;
  SoloWithNotes solo;
  solo.context.cache = cache.path();
  Options const enormous{.images = 100'000'000, .width = 8000, .height = 6000};
  try {
    open_records(enormous, solo.context);
    FAIL() << "made 2 PB of pictures";
  } catch (BadInput const& error) {
    EXPECT_THAT(error.what(),
                testing::AllOf(testing::HasSubstr("they need"), testing::HasSubstr("are free")));
  }
}

TEST(DataloadSynthetic, ACacheThatCannotBeWrittenFailsOnEveryRankAndHangsNone) {
  TestFolder const folder;
  write_text(folder / "file", "in the way");
  muster::test::ThreadGroup ranks(2);
  std::atomic<int> failed{0};
  ranks.run([&](Group& group) {
    HostDevice device{OpenOptions{}};
    Context context{.device = device, .group = group, .seed = 1};
    context.cache = folder / "file";
    try {
      open_records(options, context);
    } catch (BadInput const&) {
      ++failed;
    }
  });
  EXPECT_EQ(failed, 2);
}

}  // namespace
}  // namespace muster::dataload::test
