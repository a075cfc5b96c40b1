#include "kernels/gemm/gemm_choice_host.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <thread>
#include <utility>

#include "kernels/gemm/gemm_operands_host.hpp"

namespace muster::host {

namespace {

using Library = std::unique_ptr<GemmLibrary>;
using Clock = std::chrono::steady_clock;

// Best time of a call: three at least, then until 30 ms have gone. The pause lets the other library's
// threads, which spin for a while after each call (OpenBLAS's for 2^26 cycles), fall asleep.
double best_time(GemmLibrary& library) {
  std::this_thread::sleep_for(std::chrono::milliseconds(40));
  library.multiply();
  double best = std::numeric_limits<double>::max(), total = 0;
  for (int calls = 0; calls < 3 || total < 0.03; ++calls) {
    auto const start = Clock::now();
    library.multiply();
    double const seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::min(best, seconds);
    total += seconds;
  }
  return best;
}

}  // namespace

std::vector<int> cpus_of(Team& team) {
  std::vector<int> cpus(static_cast<std::size_t>(team.size()));
  team.run([&](int index) { cpus[static_cast<std::size_t>(index)] = sched_getcpu(); });
  return cpus;
}

std::vector<Library> all_libraries(GemmProblem const& problem, GemmOperands const& operands,
                                   std::vector<int> const& cpus) {
  std::vector<Library> list;
  for (auto const& make : {openblas_gemm, onednn_gemm}) {
    if (auto library = make(problem, operands, cpus)) list.push_back(std::move(library));
  }
  return list;
}

Choice choose(GemmProblem const& problem, GemmOperands const& operands, std::vector<int> const& cpus) {
  auto list = all_libraries(problem, operands, cpus);
  if (list.empty()) refuse(problem.type, "neither OpenBLAS nor oneDNN has it on this CPU");
  if (list.size() == 1) return {std::move(list.front()), "the only library that has it"};
  auto const side =
      static_cast<std::int64_t>(1024 * std::cbrt(std::max(1.0, static_cast<double>(cpus.size()) / 2)));
  GemmProblem trial = problem;
  trial.batch = 1;
  for (auto* size : {&trial.m, &trial.n, &trial.k}) *size = std::min(*size, side);
  auto const contestants = all_libraries(trial, operands, cpus);
  double const first = best_time(*contestants.at(0));
  double const second = best_time(*contestants.at(1));
  auto const winner = static_cast<std::size_t>(second < first);
  auto const rate = [&](double seconds) { return static_cast<double>(trial.work().flops) / seconds / 1e9; };
  return {std::move(list[winner]),
          fmt::format("trial of {} x {} x {}: {} {:.1f} GFLOP/s, {} {:.1f} GFLOP/s", trial.m, trial.n,
                      trial.k, contestants[0]->name(), rate(first), contestants[1]->name(), rate(second))};
}

}  // namespace muster::host
