// The index: its bytes on disk, what opening it refuses, and planning over one of a terabyte.
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernels/dataload/dataset/epoch_plan.hpp"
#include "kernels/dataload/dataset/index_writer.hpp"
#include "tests/kernels/dataset_large.hpp"

namespace muster::dataload::test {
namespace {

using testing::HasSubstr;

TEST(DatasetIndex, HasTheseBytes) {
  TestFolder const folder;
  IndexHead head;
  std::memcpy(head.profile, "imagenet", 8);
  head.planned_shards = 1;
  head.record_bytes = 3;
  head.identity = 0x1122334455667788;
  head.seed = 9;
  IndexShard shard;
  std::memcpy(shard.name, "shard-000000.tar", 16);
  shard.bytes = 2048;
  shard.records = 1;
  IndexRecord const record{512, 3, 0xA1A2A3A4A5A6A7A8, 640, 480, 0, RecordKind::jpeg};
  IndexWriter writer(folder / index_name, head, {shard});
  writer.add({&record, 1});
  EXPECT_EQ(writer.finish(), 240u);
  auto const number = [](std::initializer_list<int> bytes) {
    std::string text;
    for (int const byte : bytes) text += static_cast<char>(byte);
    return text;
  };
  std::string const zeros(128, '\0');
  std::string const expected =
      "MUSTERDS" + number({1, 0, 0, 0, 128, 0, 0, 0}) +  // version, size of the head
      number({240, 0, 0, 0, 0, 0, 0, 0}) +               // size of the file
      number({1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,
              0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}) +              // shards, records, planned
      number({3, 0, 0, 0, 0, 0, 0, 0}) +                          // bytes of all records
      number({0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11}) +  // identity
      number({9, 0, 0, 0, 0, 0, 0, 0}) +                          // seed
      number({1, 0, 0, 0, 0, 0, 0, 0}) +                          // a sample's records, tar
      "imagenet" +
      zeros.substr(0, 40) +                                                          //
      "shard-000000.tar" + zeros.substr(0, 24) + number({0, 8, 0, 0, 0, 0, 0, 0}) +  // its size
      number({0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}) +       // its first record, how many
      number({0, 2, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0}) +       // offset, length
      number({0xA8, 0xA7, 0xA6, 0xA5, 0xA4, 0xA3, 0xA2, 0xA1}) +       // hash
      number({0x80, 2, 0, 0, 0xE0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0});  // 640 x 480, shard, JPEG
  std::string const written = bytes_of(folder / index_name);
  EXPECT_EQ(written.substr(0, 232), expected);
  EXPECT_EQ(written, Forged::sealed(expected));
}

TEST(DatasetIndex, ReadsBackWhatWasWritten) {
  TestFolder const folder;
  Forged forged;
  forged.settle();
  write_text(folder / index_name, Forged::sealed(forged.body()));
  Index const index(folder / index_name);
  ASSERT_EQ(index.size(), 91u);
  EXPECT_EQ(index.head().file_bytes, 4096u);
  EXPECT_TRUE(index.complete());
  EXPECT_EQ(index.path_of(4), folder / "shard-000004.pack");
  for (std::uint64_t i = 0; i < 91; ++i) {
    auto const got = index.record(i);
    EXPECT_EQ(std::memcmp(&got, &forged.records[i], sizeof got), 0) << i;
  }
  EXPECT_THAT(message_of<BadIndex>([&] { index.record(91); }), HasSubstr("no record 91"));
}

/// What the index says when `spoil` has been at it, sealed with the right checksum.
std::string refusal(void (*spoil)(Forged&), bool settle_after = false) {
  TestFolder const folder;
  Forged forged;
  forged.settle();
  spoil(forged);
  if (settle_after) forged.settle();
  write_text(folder / index_name, Forged::sealed(forged.body()));
  return message_of<BadIndex>([&] { Index const index(folder / index_name); });
}

TEST(DatasetIndex, RefusesAHeadThatCannotBe) {
  EXPECT_THAT(refusal([](Forged& f) { f.head.magic[3] = 'x'; }), HasSubstr("does not begin as an index"));
  EXPECT_THAT(refusal([](Forged& f) { f.head.version = 2; }), HasSubstr("version 2"));
  EXPECT_THAT(refusal([](Forged& f) { f.head.file_bytes = 9; }), HasSubstr("says 9"));
  EXPECT_THAT(refusal([](Forged& f) { f.head.records = UINT64_MAX; }), HasSubstr("do not fill it"));
  EXPECT_THAT(refusal([](Forged& f) { f.head.shards = UINT64_MAX / 64 + 6; }), HasSubstr("do not fill it"));
  EXPECT_THAT(refusal([](Forged& f) { f.head.planned_shards = 4; }), HasSubstr("planned shards"));
  EXPECT_THAT(refusal([](Forged& f) { f.head.per_sample = 0; }), HasSubstr("whole samples"));
  EXPECT_THAT(refusal([](Forged& f) { f.head.per_sample = 2; }), HasSubstr("whole samples"));
  EXPECT_THAT(refusal([](Forged& f) { f.head.format = static_cast<ShardFormat>(2); }), HasSubstr("format"));
  EXPECT_THAT(refusal([](Forged& f) { std::memset(f.head.profile, 'x', 48); }), HasSubstr("plain name"));
  EXPECT_THAT(refusal([](Forged& f) { f.head.record_bytes += 1; }), HasSubstr("sum of its records"));
}

TEST(DatasetIndex, RefusesNamesThatArePaths) {
  for (char const* name :
       {"../shard.pack", "/etc/passwd", "a/b.pack", ".hidden", "", "shard-000000.pack\n"}) {
    TestFolder const folder;
    Forged forged;
    std::memset(forged.shards[0].name, 0, 40);
    std::strncpy(forged.shards[0].name, name, 39);
    forged.settle();
    write_text(folder / index_name, Forged::sealed(forged.body()));
    EXPECT_THAT(message_of<BadIndex>([&] { Index const index(folder / index_name); }),
                HasSubstr("plain name"))
        << name;
  }
  EXPECT_THAT(refusal([](Forged& f) { std::memset(f.shards[2].name, 'x', 40); }),
              HasSubstr("shard 2 has no plain"));
  EXPECT_THAT(refusal([](Forged& f) { f.shards[2] = f.shards[1]; }), HasSubstr("not in order"));
}

TEST(DatasetIndex, RefusesRecordsOutsideTheirShards) {
  auto const settled = true;
  EXPECT_THAT(refusal([](Forged& f) { f.records[17].length = 19 * 4096; }, settled), HasSubstr("reach past"));
  EXPECT_THAT(refusal([](Forged& f) { f.records[17].offset = 20 * 4096; }, settled), HasSubstr("reach past"));
  EXPECT_THAT(refusal([](Forged& f) { f.records[17].offset = UINT64_MAX - 4095; }, settled),
              HasSubstr("reach past"));
  EXPECT_THAT(refusal([](Forged& f) { f.records[17].length = UINT64_MAX; }, settled),
              HasSubstr("reach past"));
  EXPECT_THAT(refusal([](Forged& f) { f.records[3].length = 0; }, settled),
              HasSubstr("record 3: it has no bytes"));
  EXPECT_THAT(refusal([](Forged& f) { f.records[3].offset += 1; }), HasSubstr("not aligned"));
  EXPECT_THAT(refusal([](Forged& f) { f.records[3].offset = 4096; }), HasSubstr("inside the one before"));
  EXPECT_THAT(refusal([](Forged& f) { f.records[3].shard = 1; }), HasSubstr("not of its shard"));
  EXPECT_THAT(refusal([](Forged& f) { f.records[3].shard = 900; }), HasSubstr("not of its shard"));
  EXPECT_THAT(refusal([](Forged& f) { f.records[2].width = 70000; }), HasSubstr("pixels cannot be"));
  EXPECT_THAT(refusal([](Forged& f) { f.records[3].width = 4; }), HasSubstr("pixels cannot be"));
  EXPECT_THAT(refusal([](Forged& f) { f.records[3].kind = static_cast<RecordKind>(7); }), HasSubstr("kind"));
  EXPECT_THAT(refusal([](Forged& f) { f.shards[1].first = 3; }), HasSubstr("records of shard 1"));
  EXPECT_THAT(refusal([](Forged& f) { f.shards[4].records = UINT64_MAX; }), HasSubstr("records of shard 4"));
  EXPECT_THAT(refusal([](Forged& f) { f.shards[4].records -= 1; }), HasSubstr("all of its records"));
  EXPECT_THAT(refusal([](Forged& f) { f.shards[4].bytes = UINT64_MAX; }),
              HasSubstr("size of shard-000004.pack"));
}

TEST(DatasetIndex, RefusesDamageAndWhatIsNoIndex) {
  TestFolder const folder;
  Forged forged;
  forged.settle();
  fs::path const file = folder / index_name;
  auto const opened = [&] { Index const index(file); };
  write_text(file, Forged::sealed(forged.body()));
  flip_byte(file, 3000);
  EXPECT_THAT(message_of<BadIndex>(opened), HasSubstr("checksum differs"));
  fs::resize_file(file, 100);
  EXPECT_THAT(message_of<BadIndex>(opened), HasSubstr("100 bytes, fewer than a head"));
  fs::resize_file(file, 0);
  EXPECT_THAT(message_of<BadIndex>(opened), HasSubstr("empty"));
  fs::remove(file);
  fs::create_directory(file);
  EXPECT_THAT(message_of<BadIndex>(opened), HasSubstr("no regular file"));
  fs::remove(file);
  EXPECT_THAT(message_of<BadInput>(opened), HasSubstr("No such file"));
}

/// An epoch of all of 8 ranks, each record looked up: is each there once?
bool plan_epoch(Index const& index) {
  std::vector<bool> seen(index.size());
  std::uint64_t bytes = 0;
  for (std::uint64_t rank = 0; rank < 8; ++rank) {
    EpochPlan const plan(index.size(), 5, rank, 8);
    for (std::uint64_t i = 0; i < plan.per_epoch(); ++i) {
      auto const number = plan.at(3, i);
      if (number >= index.size() || seen[number]) return false;
      seen[number] = true;
      bytes += index.record(number).length;
    }
  }
  return bytes == index.head().record_bytes;
}

TEST(DatasetIndex, PlansATerabyteInUnderAGibibyte) {
  TestFolder const folder;
  write_large_index(folder / index_name);
  pid_t const child = fork();
  if (child == 0) {  // its high-water mark is its own
    Index const index(folder / index_name);
    if (!plan_epoch(index)) _exit(1);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    _exit(usage.ru_maxrss < (1 << 20) ? 0 : 2);  // in KiB
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0) << "1: a record twice or never; 2: more than 1 GiB";
}

TEST(DatasetIndex, OpeningKeepsOnlyTheShards) {
  TestFolder const folder;
  write_large_index(folder / index_name);
  pid_t const child = fork();
  if (child == 0) {
    rusage before{}, after{};
    getrusage(RUSAGE_SELF, &before);
    Index const index(folder / index_name);
    getrusage(RUSAGE_SELF, &after);
    long const grown = after.ru_maxrss - before.ru_maxrss;
    _exit(index.size() == many && grown < 16 * 1024 ? 0 : 1);  // the file has 360 MB
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(DatasetIndex, CutWhileItIsInUseItIsRefused) {
  TestFolder const folder;
  Forged forged;
  forged.settle();
  write_text(folder / index_name, Forged::sealed(forged.body()));
  Index const index(folder / index_name);
  fs::resize_file(folder / index_name, sizeof(IndexHead) + 5 * sizeof(IndexShard) + 7 * sizeof(IndexRecord));
  EXPECT_EQ(index.record(6).length, forged.records[6].length);
  EXPECT_THAT(message_of<BadIndex>([&] { index.record(7); }), HasSubstr("it ends before byte 768"));
  EXPECT_THAT(message_of<BadIndex>([&] { index.each([](auto, auto const&) { return true; }); }),
              HasSubstr("was cut while it was in use"));
}

TEST(DatasetIndex, ChangedWhileItIsInUseItPointsNowhere) {
  TestFolder const folder;
  Forged forged;
  forged.settle();
  write_text(folder / index_name, Forged::sealed(forged.body()));
  Index const index(folder / index_name);
  forged.records[3].offset = std::uint64_t{1} << 40;
  forged.records[4].shard = 77;
  write_text(folder / "changed", forged.body());
  fs::copy_file(folder / "changed", folder / index_name, fs::copy_options::overwrite_existing);
  EXPECT_THAT(message_of<BadIndex>([&] { index.record(3); }), HasSubstr("reach past"));
  EXPECT_THAT(message_of<BadIndex>([&] { index.record(4); }), HasSubstr("of no shard"));
}

TEST(DatasetPlan, EveryEpochHasEverySampleOnceOverAllRanks) {
  for (std::uint64_t const samples : {1u, 2u, 3u, 7u, 64u, 255u, 257u, 1000u, 4097u}) {
    for (std::uint64_t const ranks : {1u, 2u, 3u, 8u, 100u}) {
      for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
        std::vector<int> times(samples);
        for (std::uint64_t rank = 0; rank < ranks; ++rank) {
          EpochPlan const plan(samples, 11, rank, ranks);
          for (std::uint64_t i = 0; i < plan.per_epoch(); ++i) ++times.at(plan.at(epoch, i));
        }
        EXPECT_THAT(times, testing::Each(1)) << samples << " samples, " << ranks << " ranks";
      }
    }
  }
}

std::vector<std::uint64_t> order(std::uint64_t samples, std::uint64_t seed, std::uint64_t epoch) {
  std::vector<std::uint64_t> list(samples);
  EpochPlan const plan(samples, seed);
  for (std::uint64_t i = 0; i < samples; ++i) list[i] = plan.at(epoch, i);
  return list;
}

TEST(DatasetPlan, SeedsAndEpochsHaveTheirOwnOrders) {
  EXPECT_EQ(order(1000, 1, 0), order(1000, 1, 0));
  EXPECT_NE(order(1000, 1, 0), order(1000, 1, 1));
  EXPECT_NE(order(1000, 1, 0), order(1000, 2, 0));
}

/// As in a random order: neighbours lie a third of the set apart, and no position keeps its sample more often
/// than chance has it.
TEST(DatasetPlan, OrdersLookRandom) {
  constexpr std::uint64_t samples = 10'000;
  double apart = 0, stayed = 0;
  for (std::uint64_t epoch = 0; epoch < 20; ++epoch) {
    auto const list = order(samples, 3, epoch);
    for (std::uint64_t i = 1; i < samples; ++i) {
      apart += std::abs(static_cast<double>(list[i]) - static_cast<double>(list[i - 1]));
      stayed += list[i] == i;
    }
  }
  EXPECT_NEAR(apart / (20.0 * samples * samples), 1.0 / 3, 0.005);
  EXPECT_NEAR(stayed / 20, 1, 1);
}

TEST(DatasetPlan, KnowsWhoseASampleIs) {
  for (std::uint64_t const samples : {1u, 5u, 256u, 1000u}) {
    for (std::uint64_t const ranks : {1u, 3u, 8u}) {
      for (std::uint64_t rank = 0; rank < ranks; ++rank) {
        EpochPlan const plan(samples, 11, rank, ranks);
        for (std::uint64_t i = 0; i < plan.per_epoch(); ++i) {
          auto const place = plan.place_of(4, plan.at(4, i));
          ASSERT_EQ(place.rank, rank);
          ASSERT_EQ(place.position, i);
        }
      }
    }
  }
}

TEST(DatasetPlan, RefusesNoSamplesAndStrangeRanks) {
  EXPECT_THROW(EpochPlan(0, 1), std::invalid_argument);
  EXPECT_THROW(EpochPlan(5, 1, 2, 2), std::invalid_argument);
}

}  // namespace
}  // namespace muster::dataload::test
