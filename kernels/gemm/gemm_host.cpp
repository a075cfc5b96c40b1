// GEMM on the host: OpenBLAS or oneDNN, whichever a short trial in set-up finds faster.
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <thread>
#include <utility>

#include "kernels/contract/backend.hpp"
#include "kernels/contract/share.hpp"
#include "kernels/gemm/gemm_check.hpp"
#include "kernels/gemm/gemm_data.hpp"
#include "kernels/gemm/gemm_library.hpp"
#include "kernels/host/buffer.hpp"

namespace muster {

namespace {

using Library = std::unique_ptr<host::GemmLibrary>;
using Clock = std::chrono::steady_clock;

std::vector<int> cpus_of(Team& team) {
  std::vector<int> cpus(static_cast<std::size_t>(team.size()));
  team.run([&](int index) { cpus[static_cast<std::size_t>(index)] = sched_getcpu(); });
  return cpus;
}

template <class T, class Element>
void fill(host::Buffer& buffer, std::uint64_t key, Team& team, Element element) {
  T* const values = buffer.as<T>();
  team.run([&](int index) {
    Share const part = share_of(buffer.bytes() / sizeof(T), index, team.size(), 4096 / sizeof(T));
    for (std::uint64_t i = part.begin; i < part.end; ++i) values[i] = element(key, i);
  });
}

host::Buffer make_operand(GemmProblem const& problem, GemmMatrix matrix, Team& team) {
  host::Buffer buffer(matrix == GemmMatrix::a ? problem.a_bytes() : problem.b_bytes());
  std::uint64_t const key = gemm_key(problem.seed, matrix);
  switch (problem.type) {
    case GemmType::fp64:
      fill<double>(buffer, key, team, gemm_fp64);
      break;
    case GemmType::fp32:
      fill<float>(buffer, key, team, gemm_fp32);
      break;
    case GemmType::tf32:
      fill<float>(buffer, key, team, gemm_tf32);
      break;
    case GemmType::fp16:
      fill<std::uint16_t>(buffer, key, team, gemm_fp16);
      break;
    case GemmType::bf16:
      fill<std::uint16_t>(buffer, key, team, gemm_bf16);
      break;
  }
  return buffer;
}

bool computes_natively(GemmType type) {
  switch (type) {
    case GemmType::fp64:
    case GemmType::fp32:
      return true;
    case GemmType::tf32:
      return false;
#if defined(__x86_64__)
    case GemmType::bf16:
      return __builtin_cpu_supports("avx512bf16") != 0;
    case GemmType::fp16:
      return __builtin_cpu_supports("avx512fp16") != 0;
#else
    case GemmType::bf16:
    case GemmType::fp16:
      return true;  // oneDNN says itself when it has none
#endif
  }
  return false;
}

[[noreturn]] void refuse(GemmType type, std::string const& why) {
  throw Unsupported(
      fmt::format("the host backend has no {} GEMM ({}) use type fp32 or fp64", name(type), why));
}

// All libraries that can do it, set up for the same product.
std::vector<Library> candidates(GemmProblem const& problem, host::GemmOperands const& operands,
                                std::vector<int> const& cpus) {
  std::vector<Library> list;
  for (auto const& make : {host::openblas_gemm, host::onednn_gemm}) {
    if (auto library = make(problem, operands, cpus)) list.push_back(std::move(library));
  }
  return list;
}

// Best time of a call: three at least, then until 30 ms have gone. The pause lets the other library's
// threads, which spin for a while after each call (OpenBLAS's for 2^26 cycles), fall asleep.
double best_time(host::GemmLibrary& library) {
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

struct Choice {
  Library library;
  std::string reason;
};

// Tries a product of at most 1024^3 a pair of threads, so that set-up stays short for large cases.
Choice choose(GemmProblem const& problem, host::GemmOperands const& operands, std::vector<int> const& cpus) {
  auto list = candidates(problem, operands, cpus);
  if (list.empty()) refuse(problem.type, "neither OpenBLAS nor oneDNN has it on this CPU");
  if (list.size() == 1) return {std::move(list.front()), "the only library that has it"};
  auto const side =
      static_cast<std::int64_t>(1024 * std::cbrt(std::max(1.0, static_cast<double>(cpus.size()) / 2)));
  GemmProblem trial = problem;
  for (auto* size : {&trial.m, &trial.n, &trial.k}) *size = std::min(*size, side);
  auto const contestants = candidates(trial, operands, cpus);
  double const first = best_time(*contestants.at(0));
  double const second = best_time(*contestants.at(1));
  auto const winner = static_cast<std::size_t>(second < first);
  auto const rate = [&](double seconds) { return static_cast<double>(trial.work().flops) / seconds / 1e9; };
  return {std::move(list[winner]),
          fmt::format("trial of {} x {} x {}: {} {:.1f} GFLOP/s, {} {:.1f} GFLOP/s", trial.m, trial.n,
                      trial.k, contestants[0]->name(), rate(first), contestants[1]->name(), rate(second))};
}

class GemmHost final : public Instance {
 public:
  GemmHost(GemmProblem const& problem, Context& context)
      : problem_(problem),
        device_(context.device),
        a_(make_operand(problem, GemmMatrix::a, device_.team())),
        b_(make_operand(problem, GemmMatrix::b, device_.team())),
        d_(problem.d_bytes()),
        choice_(choose(problem, {a_.data(), b_.data(), d_.data(), problem.k, problem.n, problem.n},
                       cpus_of(device_.team()))) {
    forget();
  }

  void launch() override {
    choice_.library->multiply();
    launched_ = true;
  }

  Work work() const override { return problem_.work(); }

  Verdict verify() override {
    if (!launched_) launch();
    Verdict verdict = check_gemm(problem_, d_.data(), device_.team());
    forget();
    return verdict;
  }

  std::optional<Bound> bound() override { return device_.peak_flops(name(problem_.type)); }

  std::vector<std::pair<std::string, std::string>> facts() override {
    return {{"library", choice_.library->name()}, {"choice", choice_.reason}};
  }

 private:
  // Makes D all NaN, so that the next check sees only what is computed from now on.
  void forget() {
    std::memset(d_.data(), 0xFF, static_cast<std::size_t>(d_.bytes()));
    launched_ = false;
  }

  GemmProblem problem_;
  Device& device_;
  host::Buffer a_, b_, d_;
  Choice choice_;
  bool launched_ = false;
};

std::unique_ptr<Instance> make(Params const& params, Context& context) {
  GemmProblem const problem = gemm_problem(params, context.seed);
  if (!computes_natively(problem.type))
    refuse(problem.type, "this CPU does not compute in it, and emulation measures nothing");
  require_memory(problem, context.device.free_memory());
  return std::make_unique<GemmHost>(problem, context);
}

MakerRegistration const registration{"gemm", &make};

}  // namespace

}  // namespace muster
