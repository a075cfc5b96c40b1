#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <vector>

#include "harness/device/host/core_clock.hpp"
#include "harness/device/host/measured_peaks.hpp"
#include "harness/device/host/vector_loops.hpp"

namespace muster {
namespace {

std::atomic<double> sink;

/// The best of one thread's rounds.
struct Best {
  double seconds = std::numeric_limits<double>::max();
  double clock_hz = 0;  ///< right after a round; 0: unknown
};

void run_once(VectorLoop const& loop, std::uint64_t steps, Best& best) {
  using Clock = std::chrono::steady_clock;
  auto const start = Clock::now();
  sink = loop.run(steps);
  best.seconds = std::min(best.seconds, std::chrono::duration<double>(Clock::now() - start).count());
  best.clock_hz = std::max(best.clock_hz, core_clock_hz().value_or(0));
}

/// Steps that take a thread some 2.5 ms: less than the turn that a busy system gives another process.
std::uint64_t steps_of_a_round(VectorLoop const& loop, Team& team) {
  constexpr std::uint64_t pilot = 100'000;
  std::vector<Best> times(static_cast<std::size_t>(team.size()));
  team.run([&](int index) { run_once(loop, pilot, times[static_cast<std::size_t>(index)]); });
  double const seconds = std::ranges::min(times, {}, &Best::seconds).seconds;
  return static_cast<std::uint64_t>(static_cast<double>(pilot) * 0.0025 / seconds) + 1;
}

}  // namespace

std::optional<VectorPeak> measured_fma_peak(std::string_view type, Team& team) {
  constexpr int rounds = 20;
  auto const loop = vector_loop(type);
  if (!loop) return std::nullopt;
  auto const steps = steps_of_a_round(*loop, team);
  std::vector<Best> bests(static_cast<std::size_t>(team.size()));
  for (int round = 0; round < rounds; ++round) {
    team.run([&](int index) { run_once(*loop, steps, bests[static_cast<std::size_t>(index)]); });
  }
  VectorPeak peak;
  for (auto const& best : bests) {
    peak.flops += static_cast<double>(steps) * loop->operations_per_step / best.seconds;
    peak.clock_hz += best.clock_hz / team.size();
  }
  return peak;
}

}  // namespace muster
