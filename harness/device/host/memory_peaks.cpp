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

#if defined(__x86_64__)
#include <immintrin.h>
#endif

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

// Sums `count` words, a multiple of 64; eight sums of a vector each keep enough loads under way.
using Sum = std::uint64_t (*)(std::uint64_t const* words, std::uint64_t count);

std::uint64_t plain_sum(std::uint64_t const* words, std::uint64_t count) {
  std::uint64_t sum[8] = {};
  for (std::uint64_t i = 0; i < count; i += 8) {
    for (std::uint64_t lane = 0; lane < 8; ++lane) sum[lane] += words[i + lane];
  }
  return sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
}

#if defined(__x86_64__)
__attribute__((target("avx512f"))) std::uint64_t avx512_sum(std::uint64_t const* words, std::uint64_t count) {
  __m512i sum[8];
#pragma GCC unroll 8
  for (auto& s : sum) s = _mm512_setzero_si512();
  for (std::uint64_t i = 0; i < count; i += 64) {
#pragma GCC unroll 8
    for (std::uint64_t lane = 0; lane < 8; ++lane) {
      sum[lane] = _mm512_add_epi64(sum[lane], _mm512_loadu_si512(words + i + 8 * lane));
    }
  }
  std::uint64_t lanes[64];
#pragma GCC unroll 8
  for (std::uint64_t lane = 0; lane < 8; ++lane) _mm512_storeu_si512(lanes + 8 * lane, sum[lane]);
  return plain_sum(lanes, 64);
}

__attribute__((target("avx2"))) std::uint64_t avx2_sum(std::uint64_t const* words, std::uint64_t count) {
  __m256i sum[8];
#pragma GCC unroll 8
  for (auto& s : sum) s = _mm256_setzero_si256();
  for (std::uint64_t i = 0; i < count; i += 32) {
#pragma GCC unroll 8
    for (std::uint64_t lane = 0; lane < 8; ++lane) {
      auto const* from = reinterpret_cast<__m256i const*>(words + i + 4 * lane);
      sum[lane] = _mm256_add_epi64(sum[lane], _mm256_loadu_si256(from));
    }
  }
  std::uint64_t lanes[32];
#pragma GCC unroll 8
  for (std::uint64_t lane = 0; lane < 8; ++lane) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(lanes + 4 * lane), sum[lane]);
  }
  return plain_sum(lanes, 32);
}
#endif

Sum widest_sum() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return avx512_sum;
  if (__builtin_cpu_supports("avx2")) return avx2_sum;
#endif
  return plain_sum;
}

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
  Sum const sum = widest_sum();
  std::function<void(int)> const read = [&](int index) {
    auto const [begin, end] = part(index);
    sink += sum(words + begin, end - begin);
  };
  auto const stream = host::streaming_kernels().copy;
  std::function<void(int)> const copy = [&](int index) {
    auto const [begin, end] = part(index);
    stream(target.data() + 8 * begin, source.data() + 8 * begin, 8 * (end - begin));
  };
  double const reading = best_seconds(5, [&] { team.run(read); });
  double const copying = best_seconds(5, [&] { team.run(copy); });
  return static_cast<double>(bytes) * std::max(1 / reading, 2 / copying);
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
