#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "kernels/dataload/checks.hpp"
#include "kernels/dataload/read_ahead.hpp"
#include "kernels/dataload/read_pool.hpp"
#include "kernels/dataload/synthetic_set.hpp"
#include "tests/kernels/dataset_support.hpp"

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

/// Direct reads come from the device, all of them, whoever else is at it.
TEST(DataloadReadAhead, SaysHowMuchCameFromTheDevice) {
  TestFolder const cache;
  auto const set = synthetic(cache);
  ReadAhead reader(set, {.batch = 24, .io = Io::direct}, 1);
  for (int i = 0; i < 20; ++i) reader.give_back(reader.next());
  auto const meter = reader.storage();
  EXPECT_GE(meter.asked(), 20 * set.bytes());
  if (meter.storage().in_memory() || !meter.process_share()) GTEST_SKIP() << describe(meter.storage());
  EXPECT_GE(*meter.process_share(), 0.9);
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

TEST_P(DataloadReading, WhatTheSystemRefusesIsNamedWithItsReason) {
  TestFolder const folder;
  InputFiles const files({folder.path()}, Io::buffered);  // a folder opens, and does not read
  auto const memory = allocate_pages(4096);
  auto const engine = make_engine(std::get<0>(GetParam()), 2, files, {memory.get(), 4096}).engine;
  engine->submit({0, 8192, 4096, 4096, memory.get(), 0});
  EXPECT_THAT(message_of<DeviceError>([&] { engine->wait(); }),
              testing::AllOf(testing::HasSubstr("4096 bytes at offset 8192 of '" + folder.path().string()),
                             testing::HasSubstr("Is a directory")));
}

TEST_P(DataloadReading, AFileThatWentAwayIsNamedWhenItIsOpened) {
  TestFolder const folder;
  auto const set = many_files(folder);
  Options options{.batch = 300, .prefetch = 1};
  std::tie(options.engine, options.io) = GetParam();
  ReadAhead reader(set, options, 1);
  auto const* const batch = reader.next();
  fs::remove(folder / "7.jpg");
  reader.give_back(batch);
  EXPECT_THAT(message_of<DeviceError>([&] { reader.next(); }),
              testing::AllOf(testing::HasSubstr("7.jpg"), testing::HasSubstr("No such file")));
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

/// What pread does, one after the other: bytes that it may give, or minus an error number.
std::string after(std::vector<int> script, std::size_t needed) {
  TestFolder const folder;
  write_text(folder / "f", "0123456789");
  InputFiles const files({folder / "f"}, Io::buffered);
  std::string into(10, ' ');
  auto next = script.begin();
  auto const pread = [&](int descriptor, void* to, std::size_t size, off_t offset) -> ssize_t {
    int const step = next == script.end() ? 0 : *next++;
    errno = -step;
    return step < 0 ? -1 : ::pread(descriptor, to, std::min(size, static_cast<std::size_t>(step)), offset);
  };
  auto const failure =
      read_with(pread, files, {0, 0, 10, needed, reinterpret_cast<std::byte*>(into.data()), 0});
  return failure.empty() ? into : failure;
}

TEST(DataloadPread, GoesOnAfterShortAndInterruptedReadsAndNamesErrors) {
  EXPECT_EQ(after({10}, 10), "0123456789");
  EXPECT_EQ(after({3, -EINTR, 1, 6}, 10), "0123456789");
  EXPECT_EQ(after({4}, 4), "0123      ");
  EXPECT_THAT(after({3, -EIO, 7}, 10),
              testing::AllOf(testing::HasSubstr("cannot read 10 bytes at offset 0 of '"),
                             testing::HasSubstr("Input/output error")));
  EXPECT_THAT(after({3}, 10), testing::HasSubstr("the file ends before it"));
}

TEST(DataloadReadAhead, AMissingFileIsBadInput) {
  TestFolder const cache;
  auto const set = synthetic(cache);
  fs::remove(set.files[0]);
  EXPECT_THROW(ReadAhead(set, {.batch = 8}, 1), BadInput);
}

}  // namespace
}  // namespace muster::dataload::test
