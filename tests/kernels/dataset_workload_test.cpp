// The dataload workloads on a dataset of their user's, tar and pack.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "kernels/dataload/dataset/open.hpp"
#include "kernels/dataload/folder.hpp"
#include "kernels/dataload/options.hpp"
#include "kernels/dataload/read_instance.hpp"
#include "tests/kernels/dataset_support.hpp"

namespace muster::dataload::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Pair;

class DatasetWorkloads : public testing::TestWithParam<bool> {
 protected:
  DatasetWorkloads() { solo.context.data = folder / "d"; }

  void make_pictures() {
    DatasetRequest request;
    request.folder = folder / "d";
    request.profile = "imagenet";
    request.records = 24;
    request.shard_bytes = 800'000;
    request.pack = GetParam();
    request.threads = 2;
    make(request);
  }
  fs::path shard(int number) const {
    return folder / "d" / ("shard-00000" + std::to_string(number) + (GetParam() ? ".pack" : ".tar"));
  }

  TestFolder folder;
  SoloWithNotes solo;
};

TEST_P(DatasetWorkloads, AllFourVerifyOnPicturesAndSayWhichTheyHad) {
  make_pictures();
  for (auto const* workload :
       {"dataload/pipeline", "dataload/read", "dataload/decode", "dataload/preprocess"}) {
    auto const instance = make_case(workload, small(workload), solo.context);
    instance->launch();
    auto const verdict = instance->verify();
    EXPECT_TRUE(verdict.ok()) << workload << ": " << verdict.detail;
    EXPECT_THAT(instance->facts(),
                testing::Contains(Pair("data", GetParam() ? "dataset imagenet, seed 0, pack, 24 records"
                                                          : "dataset imagenet, seed 0, tar, 24 records")));
  }
  EXPECT_THAT(solo.notes, testing::Not(testing::Contains(HasSubstr("skipped"))));
}

TEST_P(DatasetWorkloads, ReadInRecordsChecksTheHashesOfTheIndex) {
  make_pictures();
  auto const records = small("dataload/read", {{"access", "records"}});
  EXPECT_TRUE(make_case("dataload/read", records, solo.context)->verify().ok());
  Index const index(folder / "d" / index_name);
  for (std::uint64_t i = 0; i < index.size(); ++i)
    flip_byte(index.path_of(index.record(i).shard), index.record(i).offset + 9);
  auto const verdict = make_case("dataload/read", records, solo.context)->verify();
  EXPECT_FALSE(verdict.ok());
  EXPECT_THAT(verdict.detail, HasSubstr("a record (shard-00000"));
}

TEST_P(DatasetWorkloads, CheckedAllTheyHashEveryRecordAndNameAWrongOne) {
  make_pictures();
  auto const read =
      small("dataload/read", {{"access", "records"}, {"check", "all"}, {"depth", std::int64_t{2}}});
  auto const pipeline = small("dataload/pipeline", {{"check", "all"}});
  ReadInstance good(read, solo.context);
  good.launch();
  EXPECT_TRUE(good.verify().ok());
  auto const figures = good.figures();
  auto const checked =
      std::ranges::find_if(figures, [](Figure const& figure) { return figure.name == "records_checked"; });
  ASSERT_NE(checked, figures.end());
  EXPECT_EQ(checked->value, 66);  // a launch of 64, and two in flight
  EXPECT_TRUE(make_case("dataload/pipeline", pipeline, solo.context)->verify().ok());

  // In its comment marker or its codes: whatever it is, one record of 24 is wrong, once an epoch.
  Index const index(folder / "d" / index_name);
  auto const record = index.record(9);
  flip_byte(index.path_of(record.shard), record.offset + record.length / 2);
  for (auto const& [workload, params] :
       {std::pair("dataload/read", read), std::pair("dataload/pipeline", pipeline)}) {
    auto const instance = make_case(workload, params, solo.context);
    for (int i = 0; i < 4; ++i) instance->launch();
    auto const verdict = instance->verify();
    EXPECT_FALSE(verdict.ok()) << workload;
    EXPECT_EQ(verdict.method, "XXH3 of all records as read");
    EXPECT_THAT(verdict.detail, AllOf(HasSubstr(index.path_of(record.shard).filename().string()),
                                      HasSubstr("offset " + std::to_string(record.offset))));
  }
}

TEST_P(DatasetWorkloads, NamesAShardThatShrankOrDisappeared) {
  make_pictures();
  fs::resize_file(shard(1), 4096);
  auto const open = [&] { make_case("dataload/decode", small("dataload/decode"), solo.context); };
  EXPECT_THAT(message_of<BadInput>(open),
              AllOf(HasSubstr("shard-000001"), HasSubstr("4096 bytes"), HasSubstr("check")));
  fs::remove(shard(0));
  EXPECT_THAT(message_of<BadInput>(open),
              AllOf(HasSubstr("shard-000000"), HasSubstr("missing"), HasSubstr("1 faults more")));
}

TEST_P(DatasetWorkloads, BinaryRecordsAreReadAndNotDecoded) {
  auto request = small_dataset(folder / "d");
  request.pack = GetParam();
  make(request);
  auto const records = small("dataload/read", {{"access", "records"}});
  EXPECT_TRUE(make_case("dataload/read", records, solo.context)->verify().ok());
  EXPECT_THAT(
      message_of<Unsupported>([&] { make_case("dataload/decode", small("dataload/decode"), solo.context); }),
      HasSubstr("no pictures"));
}

INSTANTIATE_TEST_SUITE_P(Formats, DatasetWorkloads, testing::Bool(),
                         [](auto const& instance) { return instance.param ? "pack" : "tar"; });

TEST(DatasetOpen, StopsAtTheLimitAndNamesFilesOfWhatItHasOnly) {
  TestFolder const folder;
  make(small_dataset(folder.path()));
  auto const set = records_from_dataset(folder.path(), 5, Wanted::any);
  ASSERT_EQ(set.records.size(), 5u);
  EXPECT_EQ(set.files.size(), 2u);
  for (auto const& record : set.records) EXPECT_EQ(hash_of(read_plainly(set, record)), record.hash);
}

/// 91 records in samples of 7; every second one, and so no whole sample, is a picture.
fs::path forged_dataset(TestFolder const& folder, std::function<void(Forged&)> const& change) {
  Forged forged;
  change(forged);
  forged.settle();
  write_text(folder / index_name, Forged::sealed(forged.body()));
  for (auto const& shard : forged.shards) {
    std::ofstream const made(folder / shard.name);
    fs::resize_file(folder / shard.name, Forged::shard_bytes);
  }
  return folder.path();
}

TEST(DatasetOpen, TakesThePicturesAmongOtherRecords) {
  TestFolder const folder;
  auto const set = records_from_dataset(forged_dataset(folder, [](Forged&) {}), 20, Wanted::pictures);
  Forged const forged;
  std::vector<std::uint64_t> wanted, got, passed;
  for (auto const& record : forged.records) {
    if (record.kind == RecordKind::jpeg && wanted.size() < 20)
      wanted.push_back(record.hash + 100 * record.shard);
  }
  for (auto const& record : set.records) got.push_back(record.hash + 100 * record.file);
  set.records.each([&](Record const& record) { passed.push_back(record.hash + 100 * record.file); });
  EXPECT_EQ(got, wanted);
  EXPECT_EQ(passed, wanted);
  EXPECT_EQ(set.pixels(), 20u * 640 * 480);
  EXPECT_EQ(set.records.totals().largest_picture, 640u * 480);
}

TEST(DatasetOpen, KeepsWholeSamplesWhereTheLimitHoldsOne) {
  TestFolder const folder;
  auto const path = forged_dataset(folder, [](Forged& f) { f.head.per_sample = 7; });
  EXPECT_EQ(records_from_dataset(path, 20, Wanted::any).records.size(), 14u);
  EXPECT_EQ(records_from_dataset(path, 20, Wanted::any).samples(), 2u);
  EXPECT_EQ(records_from_dataset(path, 0, Wanted::any).samples(), 13u);
  EXPECT_EQ(records_from_dataset(path, 3, Wanted::any).records.size(), 3u);  // less than a sample
  EXPECT_EQ(records_from_dataset(path, 3, Wanted::any).per_sample, 1u);
  EXPECT_THROW(records_from_dataset(path, 0, Wanted::pictures), Unsupported);
}

/// What `call` throws in a process of an ordinary user, whom file modes hold back.
std::string as_an_ordinary_user(std::function<void()> const& call) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  pid_t const child = fork();
  if (child == 0) {
    constexpr int nobody = 65534;
    if (::geteuid() == 0 && (::setgid(nobody) != 0 || ::setuid(nobody) != 0)) _exit(1);
    std::string text = "nothing was thrown";
    try {
      call();
    } catch (std::exception const& error) {
      text = error.what();
    }
    _exit(::write(ends[1], text.data(), text.size()) < 0 ? 1 : 0);
  }
  ::close(ends[1]);
  std::string text(4096, '\0');
  auto const got = ::read(ends[0], text.data(), text.size());
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, got)));
  return text;
}

TEST(DatasetOpen, WhatAnOrdinaryUserMayNotReadIsNamed) {
  TestFolder const folder;
  make(small_dataset(folder.path()));
  auto const open = [&] {
    auto const set = records_from_dataset(folder.path(), 0, Wanted::any);
    InputFiles const files(set.files, Io::buffered);
  };
  EXPECT_EQ(as_an_ordinary_user(open), "nothing was thrown");
  fs::permissions(folder / "shard-000001.tar", fs::perms::none);
  EXPECT_THAT(as_an_ordinary_user(open),
              AllOf(HasSubstr("shard-000001.tar"), HasSubstr("Permission denied")));
  fs::permissions(folder / index_name, fs::perms::none);
  EXPECT_THAT(as_an_ordinary_user(open), AllOf(HasSubstr(index_name), HasSubstr("Permission denied")));
  fs::permissions(folder.path(), fs::perms::none);
  EXPECT_THAT(as_an_ordinary_user([&] { files_under(folder.path()); }), HasSubstr("Permission denied"));
  fs::permissions(folder.path(), fs::perms::owner_all);
}

TEST(DatasetOpen, AnUnfinishedOneSaysSo) {
  TestFolder const folder;
  auto request = small_dataset(folder.path());
  request.threads = 1;
  int records = 0;
  request.progress = [&](double, std::string const&) { ++records; };
  request.stop = [&] { return records >= 10; };
  make(request);
  EXPECT_THAT(records_from_dataset(folder.path(), 0, Wanted::any).origin,
              HasSubstr("unfinished: 2 of 4 shards"));
}

TEST(DatasetOpen, RamIsNoStorageUnlessThatIsWanted) {
  fs::path const memory = "/dev/shm";
  if (!storage_under(memory).in_memory() || ::access(memory.c_str(), W_OK) != 0)
    GTEST_SKIP() << "no tmpfs to write to at /dev/shm";
  fs::path const folder = memory / ("muster-kernel-tests-" + std::to_string(::getpid()));
  make(small_dataset(folder));
  SoloWithNotes solo;
  solo.context.data = folder;
  auto params = small("dataload/read", {{"access", "records"}});
  EXPECT_TRUE(make_case("dataload/read", params, solo.context)->verify().ok());
  EXPECT_THAT(solo.notes, testing::Contains(HasSubstr("lies in RAM")));
  params.set("storage", std::string("disk"));
  EXPECT_THAT(message_of<Unsupported>([&] { make_case("dataload/read", params, solo.context); }),
              AllOf(HasSubstr("lies in RAM (tmpfs), which is no storage"), HasSubstr("--data")));
  fs::remove_all(folder);
}

/// 17 MB a record are three pieces; a flipped byte in whichever of them is seen.
TEST(DatasetOpen, LongRecordsAreReadInPiecesAndChecked) {
  for (std::uint64_t const flipped : {0u, 9'000'000u, 16'999'999u}) {
    TestFolder const folder;
    DatasetRequest request = small_dataset(folder / "d");
    request.records = 2;
    request.record_bytes = 17'000'000;
    request.shard_bytes = 100'000'000;
    make(request);
    SoloWithNotes solo;
    solo.context.data = folder / "d";
    auto const params = small("dataload/read", {{"access", "records"}, {"depth", std::int64_t{16}}});
    auto const all =
        small("dataload/read", {{"access", "records"}, {"depth", std::int64_t{3}}, {"check", "all"}});
    EXPECT_TRUE(ReadInstance(params, solo.context).verify().ok());
    EXPECT_TRUE(ReadInstance(all, solo.context).verify().ok());
    Index const index(folder / "d" / index_name);
    for (std::uint64_t i = 0; i < index.size(); ++i) {
      auto const record = index.record(i);
      flip_byte(index.path_of(record.shard), record.offset + std::min(flipped, record.length - 1));
    }
    auto const verdict = ReadInstance(params, solo.context).verify();
    EXPECT_FALSE(verdict.ok());
    EXPECT_THAT(verdict.detail, HasSubstr("shard-000000"));
    EXPECT_THAT(ReadInstance(all, solo.context).verify().detail, HasSubstr("shard-000000"));
  }
}

TEST(DatasetOpen, LongReadsAreAFewALaunch) {
  TestFolder const folder;
  DatasetRequest request = small_dataset(folder / "d");
  request.records = 2;
  request.record_bytes = 70'000'000;
  make(request);
  SoloWithNotes solo;
  solo.context.data = folder / "d";
  std::int64_t const block = 64 << 20;
  ReadInstance blocks(small("dataload/read", {{"block", block}, {"depth", std::int64_t{2}}}), solo.context);
  EXPECT_EQ(blocks.reads_per_launch(), 17);  // a gibibyte
  ReadInstance pieces(small("dataload/read", {{"access", "records"}, {"depth", std::int64_t{2}}}),
                      solo.context);
  EXPECT_EQ(pieces.reads_per_launch(), 64);
  EXPECT_LE(pieces.work().bytes, std::uint64_t{64} * ReadInstance::record_piece);
}

}  // namespace
}  // namespace muster::dataload::test
