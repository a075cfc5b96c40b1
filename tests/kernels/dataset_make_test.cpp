// Making and importing datasets: what lies there afterwards, what is kept, what is refused and said.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>

#include "kernels/dataload/dataset/import.hpp"
#include "kernels/dataload/tar.hpp"
#include "tests/kernels/dataset_support.hpp"

namespace muster::dataload::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> names_in(fs::path const& folder) {
  std::vector<std::string> names;
  for (auto const& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

/// All bytes of all files.
std::string content_of(fs::path const& folder) {
  std::string all;
  for (auto const& name : names_in(folder)) all += name + bytes_of(folder / name);
  return all;
}

DatasetReport check(fs::path const& folder) {
  DatasetRequest request;
  request.folder = folder;
  request.threads = 2;
  return check_dataset(request);
}

DatasetRequest request_for(fs::path const& folder, char const* profile, std::uint64_t records) {
  DatasetRequest request;
  request.folder = folder;
  request.profile = profile;
  request.records = records;
  request.threads = 2;
  return request;
}

TEST(DatasetMake, LeavesShardsAndOneIndexThatIsRight) {
  TestFolder const folder;
  auto const report = make(small_dataset(folder / "d"));
  EXPECT_THAT(names_in(folder / "d"), ElementsAre("dataset.index", "shard-000000.tar", "shard-000001.tar",
                                                  "shard-000002.tar", "shard-000003.tar"));
  EXPECT_EQ(report.origin, "dataset unet3d, seed 7, tar");
  EXPECT_EQ(report.records, 16u);
  EXPECT_EQ(report.kept, 0u);
  auto const checked = check(folder / "d");
  EXPECT_EQ(checked.records, 16u);
  EXPECT_TRUE(checked.complete);
  EXPECT_THAT(checked.wrong, IsEmpty());
}

TEST(DatasetMake, IsTheSameWithAnyNumberOfThreadsAndAnotherWithAnotherSeed) {
  TestFolder const folder;
  for (auto const* profile : {"imagenet", "unet3d"}) {
    std::vector<std::string> made;
    for (int const threads : {1, 3, 4}) {
      auto request = request_for(folder / (profile + std::to_string(threads)), profile, 6);
      request.shard_bytes = 2 * 111'000;
      if (std::string(profile) == "unet3d") request.record_bytes = 100'000;
      request.threads = threads;
      request.seed = threads == 4 ? 1 : 0;
      make(request);
      made.push_back(content_of(request.folder));
    }
    EXPECT_EQ(made[0], made[1]);
    EXPECT_NE(made[0], made[2]);
  }
}

TEST(DatasetMake, AnyTarReadsTheShards) {
  TestFolder const folder;
  auto const request = small_dataset(folder / "d");
  make(request);
  fs::create_directories(folder / "out");
  for (int shard = 0; shard < 4; ++shard) {
    std::string const command = "tar -C '" + (folder / "out").string() + "' -xf '" + request.folder.string() +
                                "/shard-00000" + std::to_string(shard) + ".tar'";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  Index const index(request.folder / index_name);
  ASSERT_EQ(names_in(folder / "out").size(), 16u);
  for (std::uint64_t i = 0; i < index.size(); ++i) {
    auto const bytes = bytes_of(folder / "out" / names_in(folder / "out")[i]);
    EXPECT_EQ(bytes.size(), index.record(i).length);
    EXPECT_EQ(hash_of(std::as_bytes(std::span(bytes))), index.record(i).hash);
  }
}

TEST(DatasetMake, APackHasTheSameRecordsAtWholePages) {
  TestFolder const folder;
  auto request = small_dataset(folder / "tar");
  make(request);
  request.folder = folder / "pack";
  request.pack = true;
  make(request);
  Index const tar(folder / "tar" / index_name), pack(folder / "pack" / index_name);
  ASSERT_EQ(pack.size(), 16u);
  for (std::uint64_t i = 0; i < 16; ++i) {
    EXPECT_EQ(pack.record(i).offset % 4096, 0u);
    EXPECT_EQ(pack.record(i).hash, tar.record(i).hash);
  }
  EXPECT_EQ(fs::file_size(folder / "pack/shard-000000.pack") % 4096, 0u);
  EXPECT_THAT(check(folder / "pack").wrong, IsEmpty());
}

struct Sizes {
  double mean = 0, deviation = 0, of_logarithm = 0;
};

Sizes sizes_of(Index const& index) {
  double sum = 0, squares = 0, logarithms = 0, squared_logarithms = 0;
  for (std::uint64_t i = 0; i < index.size(); ++i) {
    auto const bytes = static_cast<double>(index.record(i).length);
    sum += bytes;
    squares += bytes * bytes;
    logarithms += std::log(bytes);
    squared_logarithms += std::log(bytes) * std::log(bytes);
  }
  auto const count = static_cast<double>(index.size());
  double const mean = sum / count, mean_logarithm = logarithms / count;
  return {mean, std::sqrt(squares / count - mean * mean),
          std::sqrt(squared_logarithms / count - mean_logarithm * mean_logarithm)};
}

TEST(DatasetProfiles, ImagenetsSizesAreLognormalAroundItsMean) {
  TestFolder const folder;
  make(request_for(folder / "d", "imagenet", 1200));
  Index const index(folder / "d" / index_name);
  auto const sizes = sizes_of(index);
  EXPECT_NEAR(sizes.mean, 111'260, 11'000);  // three standard errors
  EXPECT_NEAR(sizes.of_logarithm, 1.0, 0.12);
  EXPECT_GT(sizes.deviation, 90'000);
  auto const first = index.record(0), second = index.record(1);
  EXPECT_FALSE(first.width == second.width && first.height == second.height);
  EXPECT_EQ(first.kind, RecordKind::jpeg);
}

TEST(DatasetProfiles, CamerasGiveWholeSamplesOfTheirFrames) {
  TestFolder const folder;
  auto request = request_for(folder / "d", "camera", 17);
  request.frames = 2;
  request.shard_bytes = 1;  // a shard is a sample at least
  auto const report = make(request);
  EXPECT_EQ(report.records, 32u);
  EXPECT_EQ(report.shards, 2u);
  Index const index(folder / "d" / index_name);
  EXPECT_EQ(index.head().per_sample, 16u);
  EXPECT_EQ(index.record(5).width, 1280u);
  EXPECT_EQ(index.record(5).height, 960u);
  EXPECT_NEAR(sizes_of(index).mean, 193'000, 20'000);
  auto const listing = list_tar(folder / "d/shard-000001.tar");
  EXPECT_EQ(listing.members.front().name, "000000001.camera0.frame000.jpg");
  EXPECT_EQ(listing.members.back().name, "000000001.camera7.frame001.jpg");
}

TEST(DatasetProfiles, Unet3dsSizesHaveItsRelativeSpread) {
  TestFolder const folder;
  auto request = request_for(folder / "d", "unet3d", 4000);
  request.record_bytes = 1000;
  make(request);
  Index const index(folder / "d" / index_name);
  EXPECT_NEAR(sizes_of(index).mean, 1000, 25);
  EXPECT_NEAR(sizes_of(index).deviation, 466, 25);
  EXPECT_EQ(index.record(0).kind, RecordKind::binary);
}

TEST(DatasetProfiles, BytesBecomeRecordsAndNonsenseIsRefused) {
  TestFolder const folder;
  auto request = request_for(folder / "d", "unet3d", 0);
  request.bytes = 10'000;
  request.record_bytes = 1000;
  EXPECT_EQ(make(request).records, 10u);
  request.bytes = 0;
  EXPECT_THAT(message_of<BadInput>([&] { make(request); }), HasSubstr("--records or --bytes"));
  request.profile = "cifar";
  EXPECT_THAT(message_of<BadInput>([&] { make(request); }), HasSubstr("imagenet, camera or unet3d"));
  request = request_for(folder / "d", "unet3d", 3'000'000);
  request.shard_bytes = 1;
  EXPECT_THAT(message_of<BadInput>([&] { make(request); }), HasSubstr("larger --shard-bytes"));
}

TEST(DatasetResume, KeepsWholeShardsAndMakesHalfAndDamagedOnesAnew) {
  TestFolder const folder;
  auto const request = small_dataset(folder / "d");
  make(request);
  auto const before = content_of(request.folder);
  EXPECT_EQ(make(request).kept, 4u);
  EXPECT_EQ(content_of(request.folder), before);
  fs::resize_file(request.folder / "shard-000000.tar", 1000);
  flip_byte(request.folder / "shard-000001.tar", 700);
  fs::remove(request.folder / "shard-000002.tar");
  write_text(request.folder / "shard-000002.tar.part", "half");
  auto const report = make(request);
  EXPECT_EQ(report.kept, 1u);
  EXPECT_EQ(report.made_records, 12u);
  EXPECT_EQ(content_of(request.folder), before);
}

TEST(DatasetResume, GoesOnWhereItWasStopped) {
  TestFolder const folder;
  auto request = small_dataset(folder / "d");
  request.threads = 1;
  int records = 0;
  request.progress = [&](double, std::string const&) { ++records; };
  request.stop = [&] { return records >= 10; };
  auto const stopped = make(request);
  EXPECT_EQ(stopped.shards, 2u) << "the third was half done";
  EXPECT_FALSE(stopped.complete);
  auto const checked = check(request.folder);
  EXPECT_FALSE(checked.complete);
  EXPECT_EQ(checked.records, 8u);
  EXPECT_THAT(checked.wrong, IsEmpty());
  EXPECT_THAT(names_in(request.folder), ElementsAre("dataset.index", "shard-000000.tar", "shard-000001.tar"));
  auto const finished = make(small_dataset(folder / "d"));
  EXPECT_EQ(finished.kept, 2u);
  EXPECT_TRUE(finished.complete);
  make(small_dataset(folder / "fresh"));
  EXPECT_EQ(content_of(folder / "d"), content_of(folder / "fresh"));
}

/// A killed process leaves shards with indexes of their own, and no index of all.
TEST(DatasetResume, GoesOnWhereItWasKilled) {
  TestFolder const folder;
  auto request = small_dataset(folder / "d");
  request.threads = 1;
  pid_t const child = fork();
  if (child == 0) {
    int records = 0;
    request.progress = [&](double, std::string const&) {
      if (++records == 10) _exit(9);
    };
    make(request);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(WEXITSTATUS(status), 9);
  EXPECT_THAT(names_in(request.folder),
              AllOf(Contains("shard-000001.tar.index"), Contains("shard-000002.tar.part")));
  EXPECT_EQ(make(request).kept, 2u);
  make(small_dataset(folder / "fresh"));
  EXPECT_EQ(content_of(folder / "d"), content_of(folder / "fresh"));
}

TEST(DatasetMake, RefusesAFolderOfSomethingElse) {
  TestFolder const folder;
  auto request = small_dataset(folder / "d");
  make(request);
  request.seed = 8;
  EXPECT_THAT(message_of<BadInput>([&] { make(request); }), HasSubstr("of other parameters"));
  write_file(folder / "mine.jpg", picture(0));
  request.folder = folder.path();
  EXPECT_THAT(message_of<BadInput>([&] { make(request); }), HasSubstr("it holds other files"));
}

TEST(DatasetMake, LetsNoSecondProcessIntoItsFolder) {
  TestFolder const folder;
  int const held = ::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(flock(held, LOCK_EX), 0);
  EXPECT_THAT(message_of<BadInput>([&] { make(small_dataset(folder.path())); }),
              HasSubstr("another process"));
  ::close(held);
  EXPECT_TRUE(make(small_dataset(folder.path())).complete);
}

TEST(DatasetMake, SaysWhatIsNeededAndWhatIsFreeBeforeItBegins) {
  TestFolder const folder;
  auto const request = request_for(folder / "d", "unet3d", 900'000'000);
  auto larger = request;
  larger.shard_bytes = std::uint64_t{1} << 40;
  EXPECT_THAT(message_of<NotSaved>([&] { make(larger); }),
              AllOf(HasSubstr("MB needed"), HasSubstr("MB free")));
  EXPECT_THAT(names_in(folder / "d"), IsEmpty());
}

TEST(DatasetMake, AFolderThatCannotBeIsSaid) {
  TestFolder const folder;
  write_text(folder / "file", "in the way");
  EXPECT_THAT(message_of<NotSaved>([&] { make(small_dataset(folder / "file")); }), HasSubstr("cannot write"));
}

/// As a full disk: writing past the limit fails.
TEST(DatasetMake, AWriteThatFailsLeavesWholeShardsWithAnIndex) {
  TestFolder const folder;
  auto request = small_dataset(folder / "d");
  request.threads = 1;
  make(request);
  std::vector<std::uint64_t> sizes;
  for (int i = 0; i < 4; ++i)
    sizes.push_back(fs::file_size(folder / ("d/shard-00000" + std::to_string(i) + ".tar")));
  auto const largest = std::ranges::max_element(sizes);
  ASSERT_GT(largest - sizes.begin(), 0) << "the test wants a shard before the one that does not fit";
  fs::remove_all(folder / "d");
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit const small{*largest - 1, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  std::string const message = message_of<NotSaved>([&] { make(request); });
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_THAT(message, AllOf(HasSubstr("File too large"), HasSubstr("ulimit -f"), HasSubstr("same command")));
  auto const checked = check(folder / "d");
  EXPECT_EQ(checked.shards, static_cast<std::uint64_t>(largest - sizes.begin()));
  EXPECT_FALSE(checked.complete);
  EXPECT_THAT(checked.wrong, IsEmpty());
  EXPECT_TRUE(make(request).complete);
}

TEST(DatasetCheck, ListsEveryFault) {
  TestFolder const folder;
  auto const request = small_dataset(folder / "d");
  make(request);
  Index const index(request.folder / index_name);
  flip_byte(request.folder / "shard-000000.tar", index.record(1).offset + 3);
  flip_byte(request.folder / "shard-000000.tar", index.record(3).offset);
  fs::remove(request.folder / "shard-000001.tar");
  fs::resize_file(request.folder / "shard-000002.tar", index.record(10).offset + 1);
  fs::remove(request.folder / "shard-000003.tar");
  fs::create_symlink("shard-000003.tar", request.folder / "shard-000003.tar");
  auto const checked = check(request.folder);
  EXPECT_THAT(checked.wrong,
              ElementsAre(HasSubstr("record 1 (shard-000000.tar"), HasSubstr("record 3 (shard-000000.tar"),
                          "shard-000001.tar is missing", HasSubstr("shard-000002.tar has"),
                          HasSubstr("record 10 (shard-000002.tar"), HasSubstr("record 11 (shard-000002.tar"),
                          HasSubstr("shard-000002.tar: ends inside")));
  EXPECT_THAT(checked.unreadable,
              ElementsAre(HasSubstr("shard-000003.tar: Too many levels of symbolic links")));
  EXPECT_THAT(index.shard_faults(),
              ElementsAre("shard-000001.tar is missing", HasSubstr("shard-000002.tar has"),
                          HasSubstr("shard-000003.tar cannot be looked at")));
}

TEST(DatasetCheck, SeesATarWhoseHeadersAreNotTheIndexs) {
  TestFolder const folder;
  auto const request = small_dataset(folder / "d");
  make(request);
  Index const index(request.folder / index_name);
  flip_byte(request.folder / "shard-000000.tar", index.record(2).offset - 512);  // the name in its header
  EXPECT_THAT(check(request.folder).wrong, ElementsAre(HasSubstr("shard-000000.tar: bad tar header")));
}

TEST(DatasetCheck, WaitsForNoPipeInPlaceOfAFile) {
  TestFolder const folder;
  auto const request = small_dataset(folder.path());
  make(request);
  fs::remove(folder / "shard-000002.tar");
  ASSERT_EQ(mkfifo((folder / "shard-000002.tar").c_str(), 0600), 0);
  EXPECT_THAT(check(folder.path()).wrong, ElementsAre("shard-000002.tar is no regular file"));
  EXPECT_THAT(Index(folder / index_name).shard_faults(),
              ElementsAre(HasSubstr("shard-000002.tar cannot be looked at")));
  fs::remove(folder / index_name);
  ASSERT_EQ(mkfifo((folder / index_name).c_str(), 0600), 0);
  EXPECT_THAT(check(folder.path()).wrong, ElementsAre(HasSubstr("no regular file")));
}

TEST(DatasetCheck, ABadIndexIsAFaultAndAMissingOneIsRefused) {
  TestFolder const folder;
  EXPECT_THAT(message_of<BadInput>([&] { check(folder.path()); }), HasSubstr("dataset.index"));
  write_text(folder / index_name, "no index");
  EXPECT_THAT(check(folder.path()).wrong, ElementsAre(HasSubstr("is refused")));
}

DatasetReport import(fs::path const& source, fs::path const& folder, bool pack = false) {
  DatasetRequest request;
  request.source = source;
  request.folder = folder;
  request.shard_bytes = 20'000;
  request.pack = pack;
  request.threads = 2;
  auto const content = import_content(request);
  return make_dataset(*content, request);
}

TEST(DatasetImport, TakesFilesInOrderAndLeavesOutWhatCannotBeUsed) {
  TestFolder const folder;
  fs::create_directories(folder / "s/b");
  std::string const long_name = std::string(140, 'n') + ".jpg";
  auto cut = picture(1);
  cut.resize(cut.size() / 2);
  write_file(folder / "s/a.JPG", picture(0));
  write_text(folder / "s/a.cls", "7");
  write_file(folder / ("s/b/" + long_name), picture(2, {64, 48}));
  write_file(folder / "s/c.jpg", cut);
  write_text(folder / "s/d.bin", "");
  write_text(folder / "s/.hidden", "x");
  for (bool const pack : {false, true}) {
    auto const target = folder / (pack ? "pack" : "tar");
    auto const report = import(folder / "s", target, pack);
    EXPECT_EQ(report.records, 3u);
    EXPECT_EQ(report.origin, pack ? "dataset import, pack" : "dataset import, tar");
    EXPECT_THAT(report.left_out, ElementsAre("c.jpg (truncated)", "d.bin (empty)"));
    Index const index(target / index_name);
    EXPECT_EQ(index.record(0).hash, hash_of(picture(0)));
    EXPECT_EQ(index.record(1).kind, RecordKind::binary);
    EXPECT_EQ(index.record(2).hash, hash_of(picture(2, {64, 48})));
    EXPECT_EQ(index.record(2).width, 64u);
    EXPECT_THAT(check(target).wrong, IsEmpty());
    EXPECT_EQ(import(folder / "s", target, pack).kept, report.shards);
  }
  auto const listing = list_tar(folder / "tar/shard-000000.tar");
  ASSERT_EQ(listing.members.size(), 3u);
  EXPECT_EQ(listing.members[2].name, "b/" + long_name);
  write_text(folder / "s/e.bin", "new");
  EXPECT_THAT(message_of<BadInput>([&] { import(folder / "s", folder / "tar"); }),
              HasSubstr("other parameters"));
}

TEST(DatasetImport, CutsShardsAtTheSizeAskedFor) {
  TestFolder const folder;
  fs::create_directories(folder / "s");
  for (int i = 0; i < 9; ++i) write_text(folder / ("s/" + std::to_string(i)), std::string(6000, 'x'));
  auto const report = import(folder / "s", folder / "d");
  EXPECT_EQ(report.shards, 5u);
  for (std::uint64_t i = 0; i < 4; ++i)
    EXPECT_LE(fs::file_size(folder / ("d/shard-00000" + std::to_string(i) + ".tar")), 20'000u);
}

TEST(DatasetImport, RefusesNothingAtAllAndItsOwnTarget) {
  TestFolder const folder;
  EXPECT_THAT(message_of<BadInput>([&] { import(folder / "nowhere", folder / "d"); }), HasSubstr("nowhere"));
  fs::create_directories(folder / "s");
  EXPECT_THAT(message_of<BadInput>([&] { import(folder / "s", folder / "d"); }), HasSubstr("has no files"));
  write_text(folder / "s/a", "x");
  EXPECT_THAT(message_of<BadInput>([&] { import(folder / "s", folder / "s/d"); }), HasSubstr("lies inside"));
}

TEST(DataloadTar, PaxCarriesLongNamesAndLargeSizes) {
  std::string const name(130, 'x');
  std::string const header = tar_header(name, std::uint64_t{9} << 30);
  ASSERT_EQ(header.size(), 3 * 512u);
  EXPECT_EQ(header.substr(512, 140 + 19), "140 path=" + name + "\n19 size=9663676416\n");
  EXPECT_EQ(header[156], 'x');
  EXPECT_EQ(header[1024 + 156], '0');
  EXPECT_EQ(tar_header("short", 5).size(), 512u);
}

/// A member of 9 GiB in a sparse file, for the reader here and for the system's tar.
TEST(DataloadTar, ReadsBackAMemberOfNineGibibytes) {
  TestFolder const folder;
  constexpr std::uint64_t size = std::uint64_t{9} << 30;
  std::string const header = tar_header("large.bin", size);
  write_text(folder / "x.tar", header);
  fs::resize_file(folder / "x.tar", header.size() + size + 1024);
  auto const listing = list_tar(folder / "x.tar");
  EXPECT_EQ(listing.fault, "");
  ASSERT_EQ(listing.members.size(), 1u);
  EXPECT_EQ(listing.members[0].size, size);
  std::string const command = "tar -tvf '" + (folder / "x.tar").string() + "' | grep -q 9663676416";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace muster::dataload::test
