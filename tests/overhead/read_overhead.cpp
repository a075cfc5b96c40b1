// dataload/read against fio, in turn: the same file, sizes, depth and engine; direct blocks in sequence, and
// records of one size in random order. Ratios far above 1 are no mistake: our buffers lie in large pages
// where the system grants them, fio's do not; so ours are taken in small pages as well. Usage:
// muster_read_overhead [FOLDER] [ROUNDS]. Keeps a dataset of 1 GiB in FOLDER while it runs.
#include <fmt/format.h>
#include <sys/mman.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <new>
#include <vector>

#include "harness/core/statistics.hpp"
#include "kernels/contract/random.hpp"
#include "kernels/dataload/dataset/index_writer.hpp"
#include "kernels/dataload/read_instance.hpp"
#include "tests/kernels/support.hpp"
#include "tests/overhead/read_and_jpeg_command.hpp"

namespace muster::overhead {
namespace {

using namespace dataload;
namespace fs = std::filesystem;

constexpr std::int64_t block = 1 << 20;
constexpr std::uint64_t record_bytes = 114'688;  // about an ImageNet picture, and whole pages
constexpr std::uint64_t records = 9362;
constexpr std::uint64_t file_bytes = records * record_bytes;  // a gibibyte
constexpr double round_seconds = 1.5;
constexpr char const* shard_name = "shard-000000.pack";

struct Case {
  char const* engine;
  char const* fio;
  char const* access;
  std::int64_t depth;
};

/// A pack of one shard, whose records follow one another without a gap, as fio's blocks do.
void write_dataset(fs::path const& folder) {
  fs::create_directories(folder);
  {
    std::ofstream out(folder / shard_name, std::ios::binary);
    std::vector<std::uint64_t> words(record_bytes / 8);
    for (std::uint64_t record = 0; record < records; ++record) {
      for (std::size_t i = 0; i < words.size(); ++i) words[i] = random_word(stream_key(1, record), i);
      out.write(reinterpret_cast<char const*>(words.data()), record_bytes);
    }
  }
  IndexHead head;
  std::strncpy(head.profile, "overhead", sizeof head.profile - 1);
  head.format = ShardFormat::pack;
  head.planned_shards = 1;
  head.record_bytes = file_bytes;
  IndexShard shard;
  std::strncpy(shard.name, shard_name, sizeof shard.name - 1);
  shard.bytes = file_bytes;
  shard.records = records;
  IndexWriter writer(folder / index_name, head, {shard});
  for (std::uint64_t record = 0; record < records; ++record) {
    IndexRecord const entry{.offset = record * record_bytes, .length = record_bytes};
    writer.add({&entry, 1});
  }
  writer.finish();
}

/// Fresh from the system, as fio's are, and never in large pages.
HostMemory small_pages(std::size_t bytes) {
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  ::madvise(memory, bytes, MADV_NOHUGEPAGE);
  std::memset(memory, 1, bytes);
  return HostMemory(static_cast<std::byte*>(memory),
                    [bytes](std::byte* pointer) { ::munmap(pointer, bytes); });
}

/// Bytes per second, by the case itself.
double ours(fs::path const& folder, Case const& wanted, Allocate const& allocate) {
  using Clock = std::chrono::steady_clock;
  test::Solo solo;
  solo.context.data = folder;
  auto const params = test::params_of("dataload/read", {{"images", std::int64_t{0}},
                                                        {"access", std::string(wanted.access)},
                                                        {"engine", std::string(wanted.engine)},
                                                        {"block", block},
                                                        {"depth", wanted.depth}});
  ReadTarget target;
  target.allocate = allocate;
  ReadInstance read(params, solo.context, target);
  auto const start = Clock::now();
  std::uint64_t bytes = 0;
  double seconds = 0;
  for (; seconds < round_seconds; seconds = std::chrono::duration<double>(Clock::now() - start).count()) {
    read.launch();
    bytes += read.work().bytes;
  }
  return static_cast<double>(bytes) / seconds;
}

/// Bytes per second that fio reports for its reads.
double theirs(fs::path const& folder, Case const& wanted) {
  bool const in_order = std::string_view(wanted.access) == "records";
  auto const text = output_of(fmt::format(
      "fio --name=read --filename='{}' --rw={} --bs={} --direct=1 --ioengine={} --iodepth={} --time_based "
      "--randrepeat=0 --runtime={}ms --size={} --output-format=json{}",
      (folder / shard_name).string(), in_order ? "randread" : "read", in_order ? record_bytes : block,
      wanted.fio, wanted.depth, static_cast<int>(round_seconds * 1000), file_bytes,
      std::string_view(wanted.fio) == "io_uring" ? " --fixedbufs=1" : ""));
  std::string const key = "\"bw_bytes\" : ";  // the first one is that of reads
  auto const at = text.find(key);
  if (at == std::string::npos) throw std::runtime_error("fio's report has no bw_bytes");
  return std::atof(text.c_str() + at + key.size());
}

void compare(fs::path const& folder, Case const& wanted, int rounds) {
  std::vector<double> large, small, fio, large_ratio, small_ratio;
  for (int round = 0; round < rounds; ++round) {
    large.push_back(ours(folder, wanted, allocate_pages));
    fio.push_back(theirs(folder, wanted));
    small.push_back(ours(folder, wanted, small_pages));
    large_ratio.push_back(large.back() / fio.back());
    small_ratio.push_back(small.back() / fio.back());
  }
  fmt::print(
      "{} depth {}, {}: {:.3f} GB/s, in small pages {:.3f}, fio {:.3f}; medians of ratios {:.3f}, in small "
      "pages "
      "{:.3f} (target 0.97)\n",
      wanted.fio, wanted.depth, wanted.access, median(large) / 1e9, median(small) / 1e9, median(fio) / 1e9,
      median(large_ratio), median(small_ratio));
}

}  // namespace
}  // namespace muster::overhead

int main(int argc, char** argv) {
  using namespace muster::overhead;
  fs::path const folder = (argc > 1 ? fs::path(argv[1]) : fs::temp_directory_path()) / "muster-read-overhead";
  int const rounds = argc > 2 ? std::atoi(argv[2]) : 9;
  write_dataset(folder);
  for (char const* access : {"sequential", "records"}) {
    compare(folder, {"pread", "psync", access, 1}, rounds);
    compare(folder, {"io_uring", "io_uring", access, 1}, rounds);
    compare(folder, {"io_uring", "io_uring", access, 8}, rounds);
  }
  fs::remove_all(folder);
}
