#include <gmock/gmock.h>

#include "kernels/dataload/folder.hpp"
#include "kernels/dataload/tar.hpp"
#include "tests/kernels/dataload_support.hpp"

namespace muster::dataload::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

RecordSet scan(fs::path const& folder, std::int64_t limit = 0) {
  muster::test::ThisThread team;
  return records_from_folder(folder, limit, team, [](double, std::string const&) {});
}

std::string refusal(fs::path const& folder) {
  try {
    scan(folder);
  } catch (BadInput const& error) {
    return error.what();
  }
  return "accepted";
}

void write_shard(fs::path const& path, int pictures) {
  TarWriter shard(path);
  for (int i = 0; i < pictures; ++i) {
    shard.add(std::to_string(i) + ".jpg", picture(static_cast<std::uint64_t>(i)));
    shard.add(std::to_string(i) + ".cls", std::as_bytes(std::span("7", 1)));
  }
  shard.finish();
}

TEST(DataloadFolder, TakesLooseFilesInTheOrderOfTheirPaths) {
  TestFolder const folder;
  fs::create_directories(folder / "b");
  write_file(folder / "b/2.jpeg", picture(1));
  write_file(folder / "a.JPG", picture(0));
  auto const set = scan(folder.path());
  ASSERT_EQ(set.records.size(), 2u);
  EXPECT_EQ(set.records[0].name, "a.JPG");
  EXPECT_EQ(set.records[1].name, "2.jpeg");
  EXPECT_EQ(set.records[0].width, 96);
  EXPECT_EQ(set.records[0].height, 64);
  EXPECT_EQ(set.records[0].hash, hash_of(picture(0)));
  EXPECT_THAT(set.skipped, IsEmpty());
}

TEST(DataloadFolder, FindsThePicturesInShardsAndPassesOverTheirLabels) {
  TestFolder const folder;
  write_shard(folder / "train-0.tar", 5);
  auto const set = scan(folder.path());
  ASSERT_EQ(set.records.size(), 5u);
  EXPECT_THAT(set.skipped, IsEmpty());
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(read_plainly(set, set.records[i]), picture(i));
}

TEST(DataloadFolder, StopsAtTheLimit) {
  TestFolder const folder;
  write_shard(folder / "train-0.tar", 5);
  EXPECT_EQ(scan(folder.path(), 3).records.size(), 3u);
}

TEST(DataloadFolder, SkipsCountsAndNamesWhatCannotBeUsed) {
  TestFolder const folder;
  auto cut = picture(1);
  cut.resize(cut.size() / 2);
  write_file(folder / "a.jpg", cut);
  write_text(folder / "b.txt", "no picture");
  write_file(folder / "c.jpg", {});
  write_file(folder / "d.jpg", ramp(32, 32, TJPF_CMYK, TJSAMP_444));
  write_file(folder / "e.jpg", picture(2));
  auto const set = scan(folder.path());
  ASSERT_EQ(set.records.size(), 1u);
  EXPECT_EQ(describe_skipped(set),
            "skipped 4 of 5 files: a.jpg (truncated), b.txt (not a JPEG), c.jpg (empty), d.jpg (CMYK)");
}

TEST(DataloadFolder, NamesAtMostFiveOfTheSkipped) {
  TestFolder const folder;
  for (int i = 0; i < 9; ++i) write_text(folder / (std::to_string(i) + ".txt"), "x");
  write_file(folder / "z.jpg", picture(0));
  EXPECT_THAT(describe_skipped(scan(folder.path())), HasSubstr("and 4 more"));
}

TEST(DataloadFolder, GreyPicturesAreUsed) {
  TestFolder const folder;
  write_file(folder / "grey.jpg", ramp(40, 30, TJPF_GRAY, TJSAMP_GRAY));
  EXPECT_EQ(scan(folder.path()).records.size(), 1u);
}

TEST(DataloadFolder, RefusesAPictureThatClaimsToBeHuge) {
  TestFolder const folder;
  auto bytes = picture(0);
  for (std::size_t i = 0; i + 9 < bytes.size();
       ++i) {  // the frame header: FF C0, length, precision, height, width
    if (bytes[i] != std::byte{0xFF} || bytes[i + 1] != std::byte{0xC0}) continue;
    bytes[i + 5] = bytes[i + 6] = bytes[i + 7] = bytes[i + 8] = std::byte{0x7F};
    break;
  }
  write_file(folder / "huge.jpg", bytes);
  write_file(folder / "good.jpg", picture(1));
  EXPECT_THAT(describe_skipped(scan(folder.path())), HasSubstr("huge.jpg (larger than 100 Mpixel)"));
}

TEST(DataloadFolder, RefusesAShardWhoseMemberReachesPastTheEnd) {
  TestFolder const folder;
  write_shard(folder / "train-0.tar", 3);
  auto const listing = list_tar(folder / "train-0.tar");
  fs::resize_file(folder / "train-0.tar", listing.members[4].offset + 10);  // inside the third picture
  auto const set = scan(folder.path());
  EXPECT_EQ(set.records.size(), 2u);
  EXPECT_THAT(describe_skipped(set), HasSubstr("train-0.tar (ends inside 2.jpg)"));
}

TEST(DataloadFolder, RefusesAShardWithADamagedHeader) {
  TestFolder const folder;
  write_shard(folder / "train-0.tar", 3);
  auto const listing = list_tar(folder / "train-0.tar");
  flip_byte(folder / "train-0.tar", listing.members[2].offset - 512 + 130);  // the size of the second picture
  auto const set = scan(folder.path());
  EXPECT_EQ(set.records.size(), 1u);
  EXPECT_THAT(describe_skipped(set), HasSubstr("bad tar header"));
}

TEST(DataloadFolder, NamesAFolderThatIsNotThereAndTheRemedy) {
  TestFolder const folder;
  EXPECT_THAT(refusal(folder / "nowhere"), testing::AllOf(HasSubstr("nowhere"), HasSubstr("--data")));
}

TEST(DataloadFolder, NamesAnEmptyFolderAndOneWithoutPictures) {
  TestFolder const folder;
  EXPECT_THAT(refusal(folder.path()), HasSubstr("it is empty"));
  write_text(folder / "notes.txt", "x");
  EXPECT_THAT(refusal(folder.path()),
              testing::AllOf(HasSubstr("notes.txt (not a JPEG)"), HasSubstr("--data")));
}

TEST(DataloadTar, ListsWhatItWrote) {
  TestFolder const folder;
  {
    TarWriter shard(folder / "a.tar");
    EXPECT_EQ(shard.add("one.jpg", picture(0)), 512u);
    shard.finish();
  }
  auto const listing = list_tar(folder / "a.tar");
  ASSERT_EQ(listing.members.size(), 1u);
  EXPECT_EQ(listing.members[0].name, "one.jpg");
  EXPECT_EQ(listing.members[0].size, picture(0).size());
  EXPECT_EQ(listing.fault, "");
  EXPECT_EQ(fs::file_size(folder / "a.tar") % 512, 0u);
}

TEST(DataloadTar, ReadsWhatTheTarCommandWrites) {
  TestFolder const folder;
  std::string const long_name(120, 'n');  // GNU tar writes a header of its own for it
  write_file(folder / (long_name + ".jpg"), picture(0));
  write_file(folder / "short.jpg", picture(1));
  std::string const command = "tar -C '" + folder.path().string() + "' --format=gnu --sort=name -cf '" +
                              (folder / "x.tar").string() + "' " + long_name + ".jpg short.jpg";
  ASSERT_EQ(std::system(command.c_str()), 0);
  auto const listing = list_tar(folder / "x.tar");
  ASSERT_EQ(listing.members.size(), 2u);
  EXPECT_EQ(listing.members[0].name, long_name + ".jpg");
  EXPECT_EQ(listing.members[1].name, "short.jpg");
}

}  // namespace
}  // namespace muster::dataload::test
