// What the group calls between which everything is measured take: barrier and max, over sockets among
// processes of this machine; how long rank 0 is at work in it, which is what counts where every rank has a
// CPU of its own; and the time in which all meet.
//   muster_group_overhead [RANKS [FAN]]            over sockets
//   mpirun -n RANKS muster_group_overhead          over MPI
#include <fmt/format.h>
#include <time.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "harness/core/statistics.hpp"
#include "harness/group/group.hpp"
#include "tests/unit/tcp_ranks.hpp"

namespace muster {
namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

double own_work() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Median seconds of one call, over rounds of several; the same number of rounds on every rank.
template <class Call>
double seconds_of(Group& group, Call const& call) {
  constexpr int rounds = 15, calls = 20;
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    group.barrier();
    auto const begin = Clock::now();
    for (int i = 0; i < calls; ++i) call();
    times.push_back(since(begin) / calls);
  }
  return median(times);
}

std::string measured(World& world) {
  auto& group = *world.group;
  double const barrier = seconds_of(group, [&] { group.barrier(); });
  double const maximum = seconds_of(group, [&] { group.max(1.0); });
  double const before = own_work();
  constexpr int calls = 200;
  for (int i = 0; i < calls; ++i) group.barrier();
  double const work = (own_work() - before) / calls;
  if (group.rank() > 0) return "";
  return fmt::format("barrier {:.1f} us, of which rank 0 works {:.1f} us; max {:.1f} us", barrier * 1e6,
                     work * 1e6, maximum * 1e6);
}

int over_mpi() {
  auto world = join_mpi();
  auto const text = measured(world);
  if (!text.empty()) fmt::print("{} ranks, {}: {}\n", world.group->size(), world.library, text);
  return 0;
}

int over_sockets(int ranks, int fan) {
  auto const begin = Clock::now();
  auto const results = tests::run_tcp_ranks({.ranks = ranks, .fan = fan}, [&](World& world) {
    world.group->barrier();
    double const met = world.group->max(since(begin));
    auto const text = measured(world);
    return text.empty() ? "" : fmt::format("{}; forked and met in {:.2f} s", text, met);
  });
  fmt::print("{} ranks, sockets, fan {}: {}\n", ranks, fan, results.front());
  return results.front().starts_with("barrier") ? 0 : 1;
}

}  // namespace
}  // namespace muster

int main(int argc, char** argv) {
  if (std::getenv("OMPI_COMM_WORLD_RANK") || std::getenv("PMI_RANK")) return muster::over_mpi();
  return muster::over_sockets(argc > 1 ? std::atoi(argv[1]) : 8, argc > 2 ? std::atoi(argv[2]) : 16);
}
