// What lies under a file, on made-up machines; the page cache on this one; latencies.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "kernels/dataload/latency.hpp"
#include "kernels/dataload/memory.hpp"
#include "kernels/dataload/read_engine.hpp"
#include "kernels/dataload/storage.hpp"
#include "tests/kernels/dataload_support.hpp"

namespace muster::dataload::test {
namespace {

using testing::Optional;

constexpr char const* mounts =
    "22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw\n"
    "23 22 0:5 / /dev rw - devtmpfs udev rw\n"
    "30 22 0:26 / /dev/shm rw shared:4 master:7 - tmpfs tmpfs rw\n"
    "40 22 253:0 / /scratch rw - xfs /dev/mapper/fast rw\n"
    "41 22 0:51 / /net rw,vers=4.2 - nfs4 server:/net rw\n"
    "42 22 0:60 / /merged rw - overlay overlay rw,lowerdir=/a\n";

/// A machine with a partition, and a volume over a RAID of two disks.
class MadeUp {
 public:
  MadeUp() {
    device("259:2", "nvme0n1p2", 100, 1000);
    device("8:0", "sda", 1, 10);
    device("8:16", "sdb", 2, 20);
    device("9:0", "md0", 9, 900);
    device("253:0", "dm-0", 8, 800);
    over("md0", "sda");
    over("md0", "sdb");
    over("dm-0", "md0");
  }

  void device(std::string const& number, std::string const& name, int reads, int sectors) {
    fs::create_directories(kernel.sys / "devices" / name / "slaves");
    fs::create_directories(kernel.sys / "dev" / "block");
    fs::create_directory_symlink(kernel.sys / "devices" / name, kernel.sys / "dev" / "block" / number);
    count(name, reads, sectors);
  }
  void count(std::string const& name, int reads, int sectors) {
    write_text(kernel.sys / "devices" / name / "stat",
               "  " + std::to_string(reads) + " 3 " + std::to_string(sectors) + " 7 0 0 0 0 0 0 0\n");
  }
  void over(std::string const& upper, std::string const& lower) {
    fs::create_directory_symlink(kernel.sys / "devices" / lower,
                                 kernel.sys / "devices" / upper / "slaves" / lower);
  }
  void process(std::uint64_t bytes) {
    fs::create_directories(kernel.proc / "self");
    write_text(kernel.proc / "self" / "io",
               "rchar: 99\nwchar: 1\nread_bytes: " + std::to_string(bytes) + "\nwrite_bytes: 5\n");
  }
  Storage at(unsigned major, unsigned minor) const { return storage_of(major, minor, mounts, kernel); }

  TestFolder folder{};
  KernelFolders kernel{folder / "sys", folder / "proc"};
};

TEST(DataloadStorage, APartitionCountsForItself) {
  MadeUp const machine;
  auto const storage = machine.at(259, 2);
  EXPECT_EQ(describe(storage), "ext4 on nvme0n1p2");
  EXPECT_THAT(device_bytes_read(storage), Optional(1000u * 512));
  EXPECT_FALSE(storage.in_memory());
}

TEST(DataloadStorage, AVolumeOverARaidIsItsDisks) {
  MadeUp const machine;
  auto const storage = machine.at(253, 0);
  EXPECT_EQ(describe(storage), "xfs on sda, sdb");
  EXPECT_THAT(device_bytes_read(storage), Optional(30u * 512));
}

TEST(DataloadStorage, WhatHasNoDeviceSaysSo) {
  MadeUp const machine;
  EXPECT_EQ(describe(machine.at(0, 51)), "nfs4 (nfs4 has no block device of its own)");
  EXPECT_EQ(describe(machine.at(0, 60)), "overlay (overlay has no block device of its own)");
  EXPECT_EQ(machine.at(7, 7).filesystem, "unknown");
  EXPECT_EQ(device_bytes_read(machine.at(0, 51)), std::nullopt);
  EXPECT_TRUE(machine.at(0, 26).in_memory());
  EXPECT_EQ(storage_under(machine.folder / "not there").filesystem, "unknown");
}

TEST(DataloadStorage, DevicesThatAreTheirOwnBottomEndTheSearch) {
  MadeUp machine;
  machine.over("sda", "dm-0");  // a ring
  EXPECT_THAT(device_bytes_read(machine.at(253, 0)), testing::Ne(std::nullopt));
}

TEST(DataloadStorage, AStatThatCannotBeReadIsUnknown) {
  MadeUp const machine;
  write_text(machine.kernel.sys / "devices" / "sdb" / "stat", "no number\n");
  EXPECT_EQ(device_bytes_read(machine.at(253, 0)), std::nullopt);
}

TEST(DataloadStorage, TheMeterAddsUpSpansAndForgetsWhatLiesBetween) {
  MadeUp machine;
  machine.process(0);
  StorageMeter meter(machine.at(259, 2), machine.kernel);
  EXPECT_EQ(meter.device_share(), std::nullopt);
  meter.begin();
  machine.count("nvme0n1p2", 101, 1000 + 2000);
  machine.process(512'000);
  meter.end(1'024'000);
  machine.count("nvme0n1p2", 900, 90'000);  // others, meanwhile
  machine.process(700'000);
  meter.begin();
  machine.count("nvme0n1p2", 901, 90'000 + 2000);
  meter.end(1'024'000);
  EXPECT_THAT(meter.device_share(), Optional(testing::DoubleEq(1)));
  EXPECT_THAT(meter.process_share(), Optional(testing::DoubleEq(0.25)));
  fs::remove(machine.kernel.proc / "self" / "io");
  meter.begin();
  meter.end(1);
  EXPECT_EQ(meter.process_share(), std::nullopt);
}

TEST(DataloadStorage, FarLessThanWasAskedForIsSaid) {
  MadeUp machine;
  auto const warning = [&](std::uint64_t sectors, std::optional<std::uint64_t> process) {
    machine.count("nvme0n1p2", 1, 0);
    machine.process(0);
    if (!process) fs::remove(machine.kernel.proc / "self" / "io");
    StorageMeter meter(machine.at(259, 2), machine.kernel);
    meter.begin();
    machine.count("nvme0n1p2", 1, static_cast<int>(sectors));
    if (process) machine.process(*process);
    return cache_warning(meter.so_far(1'024'000));
  };
  EXPECT_EQ(warning(2000, 1'024'000), "");
  EXPECT_EQ(warning(0, 1'000'000), "");  // what this process did counts, where it is known
  EXPECT_THAT(warning(9000, 100'000), testing::HasSubstr("only 10 % of the bytes"));
  EXPECT_THAT(warning(500, {}), testing::HasSubstr("only 25 % of the bytes"));
  EXPECT_EQ(warning(9000, {}), "");
  StorageMeter network(machine.at(0, 51), machine.kernel);
  machine.process(0);
  network.begin();
  EXPECT_EQ(cache_warning(network.so_far(1'024'000)), "");
}

TEST(DataloadStorage, FiguresAreThoseThatAreKnown) {
  MadeUp machine;
  machine.process(0);
  StorageMeter meter(machine.at(0, 51), machine.kernel);
  meter.begin();
  machine.process(256);
  auto const figures = figures_of(meter.so_far(1024), true);
  ASSERT_EQ(figures.size(), 2u);
  EXPECT_EQ(figures[0].name, "process_bytes_share");
  EXPECT_EQ(figures[1].name, "page_cache_share");
  EXPECT_EQ(figures[1].value, 0.75);
}

/// Of the file's pages, how many lie in the page cache?
std::size_t cached_pages(fs::path const& file) {
  auto const bytes = fs::file_size(file);
  int const descriptor = ::open(file.c_str(), O_RDONLY);
  void* const address = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
  std::vector<unsigned char> pages((bytes + 4095) / 4096);
  EXPECT_EQ(::mincore(address, bytes, pages.data()), 0);
  ::munmap(address, bytes);
  ::close(descriptor);
  return static_cast<std::size_t>(std::ranges::count_if(pages, [](unsigned char page) { return page & 1; }));
}

class DataloadPageCache : public testing::TestWithParam<Engine> {
 protected:
  /// Four ranges of two files read by an engine; then, what is left in the cache of the second one?
  std::size_t left_after(Io io) {
    constexpr std::size_t read = 40'000;
    InputFiles const files(paths, io);
    auto const memory = allocate_pages(4 * read);
    auto const engine = make_engine(GetParam(), 4, files, {memory.get(), 4 * read}).engine;
    for (std::uint64_t at = 0; at < 4; ++at) {
      engine->submit(
          {static_cast<std::uint32_t>(at % 2), 1000 + at * 50'000, read, read, memory.get() + at * read, at});
    }
    for (int i = 0; i < 4; ++i) engine->wait();
    EXPECT_EQ(memory.get()[17], std::byte{7});
    return cached_pages(paths[1]);
  }
  void write(std::size_t count) {
    std::vector<std::byte> const content(1 << 20, std::byte{7});
    for (std::size_t i = 0; i < count; ++i) {
      paths.push_back(folder / std::to_string(i));
      write_file(paths.back(), i < 2 ? content : std::vector<std::byte>(9));
    }
  }

  TestFolder folder{};
  std::vector<fs::path> paths{};
};

TEST_P(DataloadPageCache, KeepsWhatBufferedReadsReadAndNothingOfDroppedOnes) {
  write(2);
  if (storage_under(folder.path()).in_memory()) GTEST_SKIP() << "the tests' folder lies in RAM";
  InputFiles const dropped(paths, Io::dropped);
  EXPECT_EQ(cached_pages(paths[0]), 0u) << "before the first read";
  EXPECT_GE(left_after(Io::buffered), 20u);
  EXPECT_LT(left_after(Io::dropped), 20u);  // what the kernel read ahead may be left
  dropped.drop_all();
  EXPECT_EQ(cached_pages(paths[1]), 0u);
}

/// Each is opened for its read, and what was cached of it goes first.
TEST_P(DataloadPageCache, KeepsNothingOfManyFilesEither) {
  write(300);
  if (storage_under(folder.path()).in_memory()) GTEST_SKIP() << "the tests' folder lies in RAM";
  EXPECT_GE(left_after(Io::buffered), 20u);
  EXPECT_LT(left_after(Io::dropped), 20u);
}

INSTANTIATE_TEST_SUITE_P(Engines, DataloadPageCache, testing::Values(Engine::pread, Engine::io_uring),
                         [](auto const& instance) {
                           return instance.param == Engine::pread ? "pread" : "io_uring";
                         });

TEST(DataloadLatency, QuantilesAreWithinHalfAPercent) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), 0);
  std::vector<double> exact;
  for (int i = 1; i <= 10'000; ++i) {
    double const ns = 50 * std::pow(1.002, i % 5000) + i;
    exact.push_back(std::floor(ns));
    histogram.add(std::chrono::nanoseconds(static_cast<std::int64_t>(ns)));
  }
  std::ranges::sort(exact);
  for (double const q : {0.001, 0.5, 0.95, 0.99, 0.999}) {
    double const wanted = exact[static_cast<std::size_t>(std::ceil(q * 10'000)) - 1] * 1e-9;
    EXPECT_NEAR(histogram.quantile(q), wanted, 0.0051 * wanted) << q;
  }
  EXPECT_EQ(histogram.max(), exact.back() * 1e-9);
  EXPECT_EQ(histogram.count(), 10'000u);
}

TEST(DataloadLatency, TakesAnyDuration) {
  LatencyHistogram histogram;
  histogram.add(std::chrono::nanoseconds(-5));
  EXPECT_EQ(histogram.quantile(1), 0);
  histogram.add(std::chrono::hours(5));
  EXPECT_EQ(histogram.max(), 18'000);
  EXPECT_NEAR(histogram.quantile(1), 1099.5, 5);
  for (std::int64_t ns : {1, 127, 128, 255, 256, 257, 1 << 20}) {
    LatencyHistogram one;
    one.add(std::chrono::nanoseconds(ns));
    EXPECT_NEAR(one.quantile(0.5), static_cast<double>(ns) * 1e-9, 0.005e-9 * static_cast<double>(ns));
  }
}

}  // namespace
}  // namespace muster::dataload::test
