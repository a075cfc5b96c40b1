// Sequential direct reads against fio: same file, block size, depth and engine, in turn. Ratios far above 1
// are no mistake: our buffers lie in large pages where the system grants them, fio's do not. Usage:
// muster_read_overhead [FOLDER] [ROUNDS]. Keeps a file of 1 GiB in FOLDER while it runs.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "harness/core/statistics.hpp"
#include "kernels/contract/random.hpp"
#include "kernels/dataload/memory.hpp"
#include "kernels/dataload/read_engine.hpp"
#include "tests/overhead/read_and_jpeg_command.hpp"

namespace muster::overhead {
namespace {

using namespace dataload;

constexpr std::size_t block = 1 << 20;
constexpr std::uint64_t file_bytes = std::uint64_t{1} << 30;
constexpr double round_seconds = 1.5;

struct Case {
  Engine engine;
  int depth;
  char const* fio;
};

void write_file(std::filesystem::path const& path) {
  std::ofstream out(path, std::ios::binary);
  std::vector<std::uint64_t> words(block / 8);
  for (std::uint64_t done = 0; done < file_bytes; done += block) {
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = random_word(stream_key(1, done), i);
    out.write(reinterpret_cast<char const*>(words.data()), block);
  }
}

/// Bytes per second, as dataload/read reads: `depth` blocks always in flight.
double ours(std::filesystem::path const& path, Case const& wanted) {
  using Clock = std::chrono::steady_clock;
  InputFiles const files({path}, Io::direct);
  auto const depth = static_cast<std::size_t>(wanted.depth);
  auto const memory = allocate_pages(block * depth);
  auto const [engine, note] = make_engine(wanted.engine, wanted.depth, files, {memory.get(), block * depth});
  if (!note.empty() || files.io() != Io::direct) throw std::runtime_error(note + files.note());
  std::uint64_t next = 0;
  auto const submit = [&](std::uint64_t buffer) {
    engine->submit({0, next % file_bytes, block, block, memory.get() + buffer * block, buffer});
    next += block;
  };
  auto const start = Clock::now();
  for (std::uint64_t buffer = 0; buffer < depth; ++buffer) submit(buffer);
  for (std::uint64_t bytes = block;; bytes += block) {
    submit(engine->wait());
    double const seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (seconds < round_seconds) continue;
    for (std::uint64_t buffer = 0; buffer < depth; ++buffer) engine->wait();
    return static_cast<double>(bytes) / seconds;
  }
}

/// Bytes per second that fio reports for its reads.
double theirs(std::filesystem::path const& path, Case const& wanted) {
  auto const text = output_of(fmt::format(
      "fio --name=read --filename='{}' --rw=read --bs={} --direct=1 --ioengine={} --iodepth={} --time_based "
      "--runtime={}ms --size={} --output-format=json{}",
      path.string(), block, wanted.fio, wanted.depth, static_cast<int>(round_seconds * 1000), file_bytes,
      wanted.engine == Engine::io_uring ? " --fixedbufs=1" : ""));
  std::string const key = "\"bw_bytes\" : ";  // the first one is that of reads
  auto const at = text.find(key);
  if (at == std::string::npos) throw std::runtime_error("fio's report has no bw_bytes");
  return std::atof(text.c_str() + at + key.size());
}

void compare(std::filesystem::path const& path, Case const& wanted, int rounds) {
  std::vector<double> own, other, ratios;
  for (int round = 0; round < rounds; ++round) {
    own.push_back(ours(path, wanted));
    other.push_back(theirs(path, wanted));
    ratios.push_back(own.back() / other.back());
  }
  fmt::print(
      "{} depth {}, blocks of 1 MiB: {:.3f} GB/s, fio {:.3f}; ratio of medians {:.3f}, median of ratios "
      "{:.3f} "
      "(target 0.95)\n",
      wanted.fio, wanted.depth, median(own) / 1e9, median(other) / 1e9, median(own) / median(other),
      median(ratios));
}

}  // namespace
}  // namespace muster::overhead

int main(int argc, char** argv) {
  using namespace muster::overhead;
  std::filesystem::path const folder = argc > 1 ? argv[1] : std::filesystem::temp_directory_path();
  int const rounds = argc > 2 ? std::atoi(argv[2]) : 9;
  auto const path = folder / "muster-read-overhead.bin";
  write_file(path);
  compare(path, {Engine::pread, 1, "psync"}, rounds);
  compare(path, {Engine::io_uring, 1, "io_uring"}, rounds);
  compare(path, {Engine::io_uring, 8, "io_uring"}, rounds);
  std::filesystem::remove(path);
}
