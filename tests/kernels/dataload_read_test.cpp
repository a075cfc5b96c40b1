#include <gmock/gmock.h>

#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/read_ahead.hpp"
#include "kernels/dataload/synthetic_set.hpp"
#include "tests/kernels/dataload_support.hpp"

namespace muster::dataload::test {
namespace {

RecordSet synthetic(TestFolder const& cache) {
  SyntheticSpec const spec{24, {96, 64}};
  fs::path const folder = synthetic_folder(cache.path(), spec);
  muster::test::ThisThread team;
  make_synthetic(folder, spec, team, [](double, std::string const&) {});
  return *load_synthetic(folder);
}

/// The same pictures as single files, more than are kept open.
RecordSet many_files(TestFolder const& folder) {
  RecordSet set;
  auto const bytes = picture(0);
  for (std::uint32_t i = 0; i < 300; ++i) {
    set.files.push_back(folder / (std::to_string(i) + ".jpg"));
    write_file(set.files.back(), bytes);
    set.records.push_back({.file = i, .length = bytes.size(), .hash = hash_of(bytes)});
  }
  return set;
}

class DataloadReading : public testing::TestWithParam<std::tuple<Engine, Io>> {};

TEST_P(DataloadReading, DeliversEveryRecordUnchangedInEpochOrder) {
  TestFolder const cache;
  auto const set = synthetic(cache);
  Options options{.batch = 10, .depth = 3};  // spans epochs: 24 is no multiple of 10
  std::tie(options.engine, options.io) = GetParam();
  ReadAhead reader(set, options, 99);
  EpochAudit audit(set, 99);
  for (std::uint64_t i = 0; i < 12; ++i) {
    auto const* const batch = reader.next();
    ASSERT_EQ(batch->index, i);
    for (auto const& image : batch->images) {
      EXPECT_EQ(hash_fault(set, image), "");
      audit.add(image.epoch, image.record);
    }
    reader.give_back(batch);
  }
  EXPECT_EQ(audit.first_fault(), "");
  EXPECT_EQ(audit.seen(), 120u);
}

TEST_P(DataloadReading, OpensFilesOfALargeSetAsTheyAreRead) {
  TestFolder const folder;
  auto const set = many_files(folder);
  Options options{.batch = 50};
  std::tie(options.engine, options.io) = GetParam();
  ReadAhead reader(set, options, 1);
  for (int i = 0; i < 8; ++i) {
    auto const* const batch = reader.next();
    for (auto const& image : batch->images) ASSERT_EQ(hash_fault(set, image), "");
    reader.give_back(batch);
  }
}

TEST_P(DataloadReading, AFileThatShrankIsNamedByTheConsumer) {
  TestFolder const cache;
  auto const set = synthetic(cache);
  fs::resize_file(set.files[0], set.records[20].offset);
  Options options{.batch = 24};
  std::tie(options.engine, options.io) = GetParam();
  ReadAhead reader(set, options, 1);
  try {
    reader.next();
    FAIL() << "read past the end";
  } catch (DeviceError const& error) {
    EXPECT_THAT(error.what(),
                testing::AllOf(testing::HasSubstr("shard-0000.tar"), testing::HasSubstr("ends before")));
  }
}

TEST_P(DataloadReading, CanBeDestroyedWhileItReads) {
  TestFolder const cache;
  auto const set = synthetic(cache);
  Options options{.batch = 4, .prefetch = 4};
  std::tie(options.engine, options.io) = GetParam();
  for (int i = 0; i < 20; ++i) ReadAhead const reader(set, options, 1);
}

INSTANTIATE_TEST_SUITE_P(Engines, DataloadReading,
                         testing::Combine(testing::Values(Engine::pread, Engine::io_uring),
                                          testing::Values(Io::direct, Io::buffered, Io::dropped)),
                         [](auto const& instance) {
                           bool const pread = std::get<0>(instance.param) == Engine::pread;
                           auto const io = std::get<1>(instance.param);
                           return std::string(pread ? "pread" : "io_uring") + (io == Io::direct ? "_direct"
                                                                               : io == Io::buffered
                                                                                   ? "_buffered"
                                                                                   : "_dropped");
                         });

TEST(DataloadReadAhead, UsesTheMemoryItIsGiven) {
  TestFolder const cache;
  auto const set = synthetic(cache);
  HostMemory given;
  std::size_t bytes = 0;
  auto const allocate = [&](std::size_t size) {
    bytes = size;
    return given = allocate_pages(size);
  };
  ReadAhead reader(set, {.batch = 8}, 1, allocate);
  auto const* const batch = reader.next();
  for (auto const& image : batch->images) {
    EXPECT_GE(image.bytes.data(), given.get());
    EXPECT_LE(image.bytes.data() + image.bytes.size(), given.get() + bytes);
  }
}

TEST(DataloadReadAhead, AMissingFileIsBadInput) {
  TestFolder const cache;
  auto const set = synthetic(cache);
  fs::remove(set.files[0]);
  EXPECT_THROW(ReadAhead(set, {.batch = 8}, 1), BadInput);
}

}  // namespace
}  // namespace muster::dataload::test
