#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>

#include "kernels/host/buffer.hpp"
#include "kernels/host/copy_rate.hpp"

namespace muster::host {

namespace {

using Clock = std::chrono::steady_clock;

double copy_rate(std::size_t bytes) {
  Buffer from(bytes), to(bytes);
  std::memset(from.data(), 1, bytes);
  double best = 0;
  for (int round = 0; round < 5; ++round) {
    double seconds = 0;
    double copies = 0;
    for (auto const start = Clock::now(); seconds < 2e-3;) {
      for (int i = 0; i < 16; ++i) {
        std::memcpy(to.data(), from.data(), bytes);
        asm volatile("" : : "r"(to.data()) : "memory");  // the copy has to be there
        if (++copies; bytes > (1U << 20)) break;
      }
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
    }
    best = std::max(best, static_cast<double>(bytes) * copies / seconds);
  }
  return best;
}

}  // namespace

Bound copy_bound(std::uint64_t bytes) {
  constexpr std::uint64_t most = 64 << 20;
  return {"measured_copy_bandwidth",
          copy_rate(static_cast<std::size_t>(std::clamp<std::uint64_t>(bytes, 1, most))), "B/s"};
}

}  // namespace muster::host
