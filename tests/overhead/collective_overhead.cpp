// What an all-reduce case on the host costs over MPI_Allreduce called in a bare loop in the same processes:
// both take turns, the slowest rank's times count, medians are compared. To be started by mpirun with two
// ranks or more; prints one line per size and ends with 1 when a ratio is below 0.98.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <vector>

#include "harness/core/statistics.hpp"
#include "harness/group/group.hpp"
#include "harness/group/mpi/mpi.hpp"
#include "harness/run/watch.hpp"
#include "harness/run/watched_group.hpp"
#include "tests/kernels/support.hpp"

namespace muster {
namespace {

/// Seconds of `operations` of them on the slowest rank.
template <class Operation>
double slowest_seconds(Group& group, int operations, Operation const& operation) {
  group.barrier();
  auto const start = std::chrono::steady_clock::now();
  for (int i = 0; i < operations; ++i) operation();
  return group.max(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

bool compare(Group& group, std::int64_t bytes, int operations, int rounds) {
  HostDevice device({});
  Context context{.device = device, .group = group, .seed = 5};
  auto const params = test::params_of("collective/all_reduce", {{"bytes", bytes}});
  auto const instance = test::make_case("collective/all_reduce", params, context);
  auto const count = static_cast<std::size_t>(bytes) / sizeof(float);
  host::Buffer send(count * sizeof(float)), recv(count * sizeof(float));
  std::fill_n(send.as<float>(), count, 1.0F);
  std::fill_n(recv.as<float>(), count, 0.0F);
  auto const ours = [&] { instance->launch(); };
  auto const bare = [&] {
    MPI_Allreduce(send.data(), recv.data(), static_cast<int>(count), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
  };
  std::vector<double> our_times, bare_times;
  for (int round = -2; round < rounds; ++round) {
    bool const swapped = round % 2 != 0;
    double const first =
        swapped ? slowest_seconds(group, operations, bare) : slowest_seconds(group, operations, ours);
    double const second =
        swapped ? slowest_seconds(group, operations, ours) : slowest_seconds(group, operations, bare);
    if (round < 0) continue;  // both have warmed up
    our_times.push_back((swapped ? second : first) / operations);
    bare_times.push_back((swapped ? first : second) / operations);
  }
  double const ratio = median(bare_times) / median(our_times);
  if (group.rank() == 0) {
    fmt::print(
        "all_reduce of {} B on {} ranks: case {:.3f} us, MPI_Allreduce {:.3f} us, ratio {:.4f} ({} rounds of "
        "{})\n",
        bytes, group.size(), median(our_times) * 1e6, median(bare_times) * 1e6, ratio, rounds, operations);
  }
  return ratio >= 0.98;
}

}  // namespace
}  // namespace muster

int main() {
  // As the worker has it: every call of the group is marked for the watch.
  muster::WatchSettings settings;
  settings.end = [] { std::quick_exit(1); };
  muster::Watch watch(settings);
  auto const group = muster::watched(muster::join_mpi().group, watch);
  bool fast = muster::compare(*group, 8, 2000, 201);
  fast = muster::compare(*group, 1 << 20, 20, 101) && fast;
  fast = muster::compare(*group, 64 << 20, 1, 41) && fast;
  return fast ? 0 : 1;
}
