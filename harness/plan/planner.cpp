#include "harness/plan/planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "harness/core/error.hpp"
#include "harness/plan/filter.hpp"
#include "harness/plan/ranks.hpp"
#include "harness/plan/suite_cases.hpp"
#include "harness/plan/suite_file.hpp"

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

/// Only regime `sustained` soaks; a case without the parameter has soak_seconds where it does. (A steady
/// device ends it early; the host of a virtual machine rarely is.)
double soak_of(PlannedCase const& planned) {
  bool const soaks = !planned.params.has("regime") || regime_of(planned.params) == Regime::sustained;
  return soaks ? planned.soak_seconds : 0;
}

Machine machine_of(Machine machine, PlanOptions const& options, Spread spread) {
  if (options.nodes.count > 0) machine.nodes = spread == Spread::each_node ? 1 : options.nodes.count;
  return machine;
}

std::vector<PlannedCase> cases_of(SuiteFile const& suite, std::filesystem::path const& file, Spread spread,
                                  Registry const& registry, Machine const& machine,
                                  PlanOptions const& options) {
  Faults faults(file);
  auto cases = suite_cases(suite, file, registry, machine_of(machine, options, spread), options, faults);
  faults.throw_if_any();
  return cases;
}

/// A phase names a shipped suite, or a file, which it looks for from its own.
std::filesystem::path suite_of(PhaseEntry const& phase, std::filesystem::path const& file,
                               PlanOptions const& options) {
  auto const& name = phase.suite.value;
  bool const is_path = name.find('/') != name.npos || name.ends_with(".toml");
  return find_suite(is_path ? (file.parent_path() / name).string() : name, options.suites);
}

std::vector<PlannedCase> cases_of(PhaseEntry const& phase, std::filesystem::path const& file,
                                  Registry const& registry, Machine const& machine, PlanOptions options) {
  Faults faults(file);
  auto suite = read_suite(file, faults);
  if (!suite.phases.empty())
    faults.add(suite.phases.front().line,
               "a suite that a phase names has phases itself (they cannot be nested) name a suite of cases");
  faults.throw_if_any();
  if (phase.launches && !options.launches) options.launches = phase.launches;
  auto cases = cases_of(suite, file, phase.spread, registry, machine, options);
  cases = filtered(std::move(cases), phase.filter);
  for (auto& planned : cases) planned.name = phase.name.value + "/" + planned.name;
  return cases;
}

/// Fills in phases and cases.
void plan_phases(SuiteFile const& suite, std::filesystem::path const& file, Registry const& registry,
                 Machine const& machine, PlanOptions const& options, Plan& plan) {
  plan.phases.clear();
  for (auto const& phase : suite.phases) {
    auto const of = suite_of(phase, file, options);
    plan.config_files.push_back(of);
    for (auto& planned : cases_of(phase, of, registry, machine, options)) {
      planned.phase = plan.phases.size();
      plan.cases.push_back(std::move(planned));
    }
    plan.phases.push_back({phase.name.value, phase.spread});
  }
}

int most_launches(std::vector<PlannedCase> const& cases) {
  int most = 1;
  for (auto const& planned : cases) most = std::max(most, planned.launches);
  return most;
}

bool shares(PlannedCase const& planned, Machine const& machine) {
  bool const by_node = planned.per_node > 0;
  return (by_node ? planned.per_node : planned.ranks) >
         room_for_ranks(machine) * (by_node ? 1 : machine.nodes);
}

}  // namespace

Plan make_plan(std::filesystem::path const& file, Registry const& registry, Machine const& machine,
               PlanOptions const& options) {
  check(options, machine);
  Faults faults(file);
  auto const suite = read_suite(file, faults);
  if (!suite.phases.empty()) faults.throw_if_any();
  Plan plan;
  plan.suite = suite.name;
  plan.config_path = file.string();
  plan.config_files = {file};
  plan.seed = options.seed.value_or(default_seed);
  plan.data = options.data;
  plan.cache = options.cache;
  plan.nodes = options.nodes;
  if (suite.phases.empty()) {
    plan.cases =
        suite_cases(suite, file, registry, machine_of(machine, options, Spread::together), options, faults);
    faults.throw_if_any();
  } else {
    plan_phases(suite, file, registry, machine, options, plan);
  }
  if (plan.cases.empty()) {
    usage(fmt::format(
        "{}: nothing to run on the {} backend (every case names another) choose another suite, or "
        "another --backend",
        file.string(), machine.backend));
  }
  plan.cases = filtered(std::move(plan.cases), options.filter);
  plan.launches = most_launches(plan.cases);
  plan.oversubscribe =
      std::ranges::any_of(plan.cases, [&](auto const& planned) { return shares(planned, machine); });
  if (options.time_budget) fit_into(*options.time_budget, plan.cases);
  return plan;
}

double estimated_seconds(Plan const& plan) {
  // Allowances: libraries of the host load quickly; a GPU's context, cuBLASLt and NCCL take seconds.
  constexpr double host_start = 0.3, cuda_start = 3, several_ranks_start = 0.7, per_case = 0.7;
  // Of a cluster's run: the inventory, and processes on many nodes for each phase.
  constexpr double inventory = 10, start_on_nodes = 2;
  double seconds =
      plan.nodes.count > 0 ? inventory + start_on_nodes * static_cast<double>(plan.phases.size()) : 0;
  std::map<std::tuple<std::size_t, std::string, int>, int> worker_sets;  // how often each is started
  for (auto const& planned : plan.cases) {
    int const of_node = planned.per_node > 0 ? planned.per_node : planned.ranks;
    double once = planned.sampling_seconds + per_case + soak_of(planned);
    if (planned.alone && planned.ranks > 1) once += planned.sampling_seconds / 2 * of_node;
    seconds += planned.launches * once;
    auto& starts = worker_sets[{planned.phase, planned.backend, planned.ranks}];
    starts = std::max(starts, planned.launches);
  }
  for (auto const& [set, starts] : worker_sets) {
    auto const& [phase, backend, ranks] = set;
    seconds +=
        starts * ((backend == "host" ? host_start : cuda_start) + (ranks > 1 ? several_ranks_start : 0));
  }
  return seconds;
}

}  // namespace muster
