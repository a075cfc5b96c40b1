#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <set>
#include <string>

#include "harness/device/host/measured_peaks.hpp"
#include "kernels/contract/error.hpp"
#include "kernels/contract/share.hpp"
#include "kernels/host/buffer.hpp"
#include "kernels/host/streaming_kernels.hpp"

namespace muster {

namespace {

namespace fs = std::filesystem;

template <class Action>
double best_seconds(int rounds, Action const& action) {
  using Clock = std::chrono::steady_clock;
  double best = std::numeric_limits<double>::max();
  for (int round = 0; round < rounds; ++round) {
    auto const start = Clock::now();
    action();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

std::atomic<std::uint64_t> sink;

std::string text_in(fs::path const& file) {
  std::ifstream in(file);
  std::string text;
  std::getline(in, text);
  return text;
}

// "32768K" -> bytes
std::uint64_t cache_size(std::string const& text) {
  if (text.empty()) return 0;
  std::uint64_t const number = std::strtoull(text.c_str(), nullptr, 10);
  char const unit = text.back();
  return unit == 'K' ? number << 10 : unit == 'M' ? number << 20 : number;
}

}  // namespace

std::uint64_t last_level_cache_bytes() {
  std::error_code ignored;  // no such folder: no cache is known
  std::set<std::string> seen;
  std::uint64_t total = 0;
  for (auto const& cpu : fs::directory_iterator("/sys/devices/system/cpu", ignored)) {
    fs::path const cache = cpu.path() / "cache/index3";
    std::string const sharers = text_in(cache / "shared_cpu_list");
    if (!sharers.empty() && seen.insert(sharers).second) total += cache_size(text_in(cache / "size"));
  }
  return total;
}

double measured_memory_bandwidth(Team& team, std::uint64_t free_bytes) {
  std::uint64_t const bytes = std::max<std::uint64_t>(256 << 20, 4 * last_level_cache_bytes()) / 4096 * 4096;
  if (free_bytes < 4 * bytes) {
    throw OutOfMemory(
        fmt::format("measuring the memory's bandwidth needs {} MiB (only {} MiB are free) free some",
                    4 * bytes >> 20, free_bytes >> 20));
  }
  host::Buffer source(bytes), target(bytes);
  auto* const words = source.as<std::uint64_t>();
  auto const part = [&](int index) { return share_of(bytes / 8, index, team.size(), 512); };  // whole pages
  team.run([&](int index) {
    auto const [begin, end] = part(index);
    for (std::uint64_t i = begin; i < end; ++i) words[i] = i;
    std::memset(target.data() + 8 * begin, 1, 8 * (end - begin));
  });
  auto const kernels = host::streaming_kernels();
  std::function<void(int)> const read = [&](int index) {
    auto const [begin, end] = part(index);
    sink += kernels.read(words + begin, end - begin);
  };
  std::function<void(int)> const copy = [&](int index) {
    auto const [begin, end] = part(index);
    kernels.copy(target.data() + 8 * begin, source.data() + 8 * begin, 8 * (end - begin));
  };
  auto* const updated = target.as<std::uint64_t>();
  std::function<void(int)> const update = [&](int index) {
    auto const [begin, end] = part(index);
    for (std::uint64_t i = begin; i < end; ++i) updated[i] += 1;
  };
  double const reading = best_seconds(5, [&] { team.run(read); });
  double const copying = best_seconds(5, [&] { team.run(copy); });
  double const updating = best_seconds(5, [&] { team.run(update); });
  return static_cast<double>(bytes) * std::max({1 / reading, 2 / copying, 2 / updating});
}

double measured_copy_bandwidth() {
  constexpr std::uint64_t bytes = 64 << 20;
  host::Buffer from(bytes), to(bytes);
  for (std::uint64_t i = 0; i < bytes / 8; ++i) from.as<std::uint64_t>()[i] = i;
  std::memset(to.data(), 1, bytes);
  double const seconds = best_seconds(5, [&] {
    std::memcpy(to.data(), from.data(), bytes);
    sink = to.as<std::uint64_t>()[bytes / 16];
  });
  return static_cast<double>(bytes) / seconds;
}

}  // namespace muster
