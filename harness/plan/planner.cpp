#include "harness/plan/planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/plan/filter.hpp"
#include "harness/plan/ranks.hpp"
#include "harness/plan/suite_cases.hpp"

namespace muster {
namespace {

[[noreturn]] void usage(std::string const& message) { throw Error(ExitCode::usage, message); }

void check(PlanOptions const& options, Machine const& machine) {
  if (options.launches && *options.launches < 1) {
    usage(fmt::format("--launches {} is not possible (nothing would run) use 1 or more", *options.launches));
  }
  if (options.time_budget && !(std::isfinite(*options.time_budget) && *options.time_budget > 0)) {
    usage(fmt::format("--time-budget {} s is not possible (nothing would be sampled) use a time above 0",
                      *options.time_budget));
  }
  if (options.ranks && *options.ranks < 1) {
    usage(fmt::format("--ranks {} is not possible (a case needs a process to run in) use 1 or more",
                      *options.ranks));
  }
  if (options.ranks && !fits(*options.ranks, machine, options)) {
    usage(fmt::format(
        "--ranks {} is more than this machine's {} (each rank has one to itself) use fewer, or let ranks "
        "share with --oversubscribe, which every figure then says",
        *options.ranks, room_text(machine)));
  }
}

void fit_into(double budget, std::vector<PlannedCase>& cases) {
  double total = 0;
  for (auto const& planned : cases) total += planned.sampling_seconds * planned.launches;
  if (total <= budget) return;
  for (auto& planned : cases) {
    planned.sampling_seconds *= budget / total;
    planned.soak_seconds *= budget / total;
  }
}

/// Only regime `sustained` soaks. (A steady device ends it early; the host of a virtual machine rarely is.)
double soak_of(PlannedCase const& planned) {
  bool const soaks = planned.params.has("regime") && regime_of(planned.params) == Regime::sustained;
  return soaks ? planned.soak_seconds : 0;
}

}  // namespace

Plan make_plan(std::filesystem::path const& file, Registry const& registry, Machine const& machine,
               PlanOptions const& options) {
  check(options, machine);
  Faults faults(file);
  auto const suite = read_suite(file, faults);
  auto cases = suite_cases(suite, file, registry, machine, options, faults);
  faults.throw_if_any();
  if (cases.empty()) {
    usage(fmt::format(
        "{}: nothing to run on the {} backend (every case names another) choose another suite, or "
        "another --backend",
        file.string(), machine.backend));
  }
  Plan plan;
  plan.suite = suite.name;
  plan.config_path = file.string();
  plan.seed = options.seed.value_or(default_seed);
  plan.launches = options.launches.value_or(suite.launches);
  plan.data = options.data;
  plan.cache = options.cache;
  plan.cases = filtered(std::move(cases), options.filter);
  plan.oversubscribe = std::ranges::any_of(
      plan.cases, [&](PlannedCase const& planned) { return planned.ranks > room_for_ranks(machine); });
  if (options.time_budget) fit_into(*options.time_budget, plan.cases);
  return plan;
}

double estimated_seconds(Plan const& plan) {
  // Allowances: libraries of the host load quickly; a GPU's context, cuBLASLt and NCCL take seconds.
  constexpr double host_start = 0.3, cuda_start = 3, several_ranks_start = 0.7, per_case = 0.7;
  double cases = 0;
  std::set<std::pair<std::string, int>> worker_sets;  // each started once a launch
  for (auto const& planned : plan.cases) {
    cases += planned.sampling_seconds + per_case + soak_of(planned);
    if (planned.alone && planned.ranks > 1) cases += planned.sampling_seconds / 2 * planned.ranks;
    worker_sets.emplace(planned.backend, planned.ranks);
  }
  double starts = 0;
  for (auto const& [backend, ranks] : worker_sets) {
    starts += (backend == "host" ? host_start : cuda_start) + (ranks > 1 ? several_ranks_start : 0);
  }
  return plan.launches * (cases + starts);
}

}  // namespace muster
