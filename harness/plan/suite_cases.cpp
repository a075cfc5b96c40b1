#include "harness/plan/suite_cases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "harness/core/quantities.hpp"
#include "harness/plan/expand.hpp"
#include "harness/plan/model_cases.hpp"
#include "harness/plan/ranks.hpp"
#include "harness/plan/spelling.hpp"

namespace muster {
namespace {

constexpr double default_sampling = 1;  // seconds
constexpr std::array<std::string_view, 2> backends{"cuda", "host"};

/// Nodes take turns with themselves only.
int ranks_of_a_node(PlannedCase const& planned) {
  return planned.per_node > 0 ? planned.per_node : planned.ranks;
}

double default_deadline(double sampling) { return std::max(60.0, 10 * sampling); }

/// What setting up may take besides where GPUs work together: two communicators that join (120 s each at
/// most, and longer among thousands), and the first connections.
constexpr double joining = 300;

/// Above the retries of NCCL's transports (about 30 s and 60 s); below the case's own deadline, so that the
/// ranks themselves say where they stand. One rank may measure alone for one and a half samplings (see
/// Sampler::alone) while the others wait.
double default_operation_deadline(double deadline, double sampling) {
  return std::min(0.8 * deadline, std::max(100.0, 2 * sampling));
}

struct Budget {
  double sampling = 0, deadline = 0, operation = 0, soak = 0;
  bool usual_deadline = false;   ///< nobody gave one
  bool usual_operation = false;  ///< likewise
};

/// Where cases come from: a line of the suite, and for those of a model what they stand for.
struct Origin {
  long line = 0;
  std::string label;
};

class SuiteCases {
 public:
  SuiteCases(SuiteFile const& suite, std::filesystem::path const& file, Registry const& registry,
             Machine const& machine, PlanOptions const& options, Faults& faults)
      : suite_(suite),
        file_(file),
        registry_(registry),
        machine_(machine),
        options_(options),
        faults_(faults) {
    for (auto const* workload : registry.all()) workloads_.push_back(workload->name);
  }

  std::vector<PlannedCase> cases() {
    for (auto const& entry : suite_.entries) {
      if (made_ > most_cases) break;
      add(entry);
    }
    return std::move(cases_);
  }

 private:
  void add(Entry const& entry) {
    auto const budget = budget_of(entry);
    auto const* workload = workload_of(entry);
    if (workload == nullptr) return;
    check_ranks(entry, *workload);
    for (auto const& [settings, label] :
         labelled_settings(entry, *workload, file_, options_.models, faults_)) {
      auto all = expand(*workload, settings, faults_);
      made_ += all.size();
      if (made_ > most_cases) {
        faults_.add(settings.line,
                    fmt::format("from here on the suite has more than {} cases (a slip in a sweep?) "
                                "shorten it, or split the suite",
                                most_cases));
        return;
      }
      add_cases(entry, *workload, budget, {settings.line, label}, std::move(all));
    }
  }

  Workload const* workload_of(Entry const& entry) {
    auto const* found = registry_.find(entry.workload.value);
    if (found == nullptr && entry.workload.line > 0 && !entry.workload.value.empty()) {
      faults_.add(entry.workload.line, fmt::format("unknown workload '{}' ({})", entry.workload.value,
                                                   suggestion(entry.workload.value, workloads_)));
    } else if (found == nullptr && entry.workload.line > 0) {
      faults_.add(entry.workload.line, "the workload has no name (" + suggestion("", workloads_) + ")");
    }
    return found;
  }

  Budget budget_of(Entry const& entry) {
    auto const& sampling = entry.sampling ? entry.sampling : suite_.sampling;
    auto const& deadline = entry.deadline ? entry.deadline : suite_.deadline;
    auto const& soak = entry.soak ? entry.soak : suite_.soak;
    Budget budget{sampling ? sampling->value : default_sampling};
    budget.soak = soak ? soak->value : budget.sampling;
    budget.deadline = deadline ? deadline->value : default_deadline(budget.sampling);
    budget.usual_deadline = !deadline;
    auto const& operation = entry.operation_deadline ? entry.operation_deadline : suite_.operation_deadline;
    budget.usual_operation = !operation;
    if (operation) budget.operation = operation->value;
    if (operation && budget.operation >= budget.deadline) {
      faults_.add(
          operation->line,
          fmt::format(
              "the operation_deadline of {} is not below the deadline of {} (the case would always end "
              "first) lower it, or raise the deadline",
              human_duration(budget.operation), human_duration(budget.deadline)));
    }
    if (deadline && budget.deadline <= budget.sampling) {
      faults_.add(
          entry.sampling && !entry.deadline ? entry.sampling->line : deadline->line,
          fmt::format(
              "the deadline of {} leaves no time beyond {} of sampling (every case would count as hung) "
              "raise it, or leave it out for {}",
              human_duration(budget.deadline), human_duration(budget.sampling),
              human_duration(default_deadline(budget.sampling))));
    }
    return budget;
  }

  bool planned(Entry const& entry) const { return !entry.backend || *entry.backend == machine_.backend; }

  void check_ranks(Entry const& entry, Workload const& workload) {
    auto const& [ranks, line] = entry.ranks;
    bool const fixed = ranks.kind == Ranks::Kind::one || ranks.kind == Ranks::Kind::number;
    if (fixed && ranks.number < workload.needs.min_ranks) {
      faults_.add(
          line,
          fmt::format("{} cannot run with {} rank{} (it needs at least {}) raise the number, or write "
                      "ranks = \"all\"",
                      workload.name, ranks.number, ranks.number == 1 ? "" : "s", workload.needs.min_ranks));
    }
    if (fixed && planned(entry) && !fits(ranks.number, machine_, options_)) {
      faults_.add(line,
                  fmt::format("ranks = {} is more than this machine's {} (each rank has one to itself) write "
                              "ranks = \"all\", or let ranks share with --oversubscribe",
                              ranks.number, room_text(machine_)));
    }
  }

  void add_cases(Entry const& entry, Workload const& workload, Budget const& budget, Origin const& origin,
                 std::vector<Params> all) {
    std::string first;
    long first_line = 0;
    std::size_t duplicates = 0;
    bool const number = entry.ranks.value.kind == Ranks::Kind::number;
    for (auto& params : all) {
      PlannedCase planned_case;
      auto const count = rank_count(entry.ranks.value, workload, machine_, options_);
      planned_case.ranks = count.per_node ? count.ranks * machine_.nodes : count.ranks;
      if (count.per_node && options_.nodes.count > 0) planned_case.per_node = count.ranks;
      planned_case.name = case_name(workload.name, workload.params, params);
      if (number) planned_case.name += fmt::format("/ranks:{}", entry.ranks.value.number);
      if (merged_with_same_shape(planned_case.name, origin)) continue;
      if (long const earlier = line_of_first(entry, planned_case.name, origin.line); earlier > 0) {
        if (++duplicates == 1) first = planned_case.name;
        if (duplicates == 1) first_line = earlier;
      } else if (planned(entry)) {
        planned_case.launches = options_.launches.value_or(suite_.launches);
        planned_case.workload = workload.name;
        planned_case.backend = machine_.backend;
        planned_case.params = std::move(params);
        if (!origin.label.empty()) planned_case.labels.push_back(origin.label);
        add_times(entry, workload, budget, planned_case);
        cases_.push_back(std::move(planned_case));
      }
    }
    if (duplicates == 0) return;
    faults_.add(
        origin.line,
        fmt::format("{}{} is in the suite already, from line {} (a case's name must be its own) remove one",
                    first, duplicates > 1 ? fmt::format(" (and {} more)", duplicates - 1) : "", first_line));
  }

  void add_times(Entry const& entry, Workload const& workload, Budget const& budget,
                 PlannedCase& planned_case) const {
    planned_case.sampling_seconds = budget.sampling;
    planned_case.deadline_seconds = budget.deadline;
    planned_case.alone = entry.alone.value_or(suite_.alone) && workload.scope == Scope::each_rank;
    if (planned_case.params.has("regime") || workload.sustained(planned_case.params))
      planned_case.soak_seconds = budget.soak;
    if (budget.usual_deadline && workload.scope == Scope::group && machine_.backend == "cuda")
      planned_case.deadline_seconds += joining;
    if (budget.usual_deadline) {
      planned_case.deadline_seconds += planned_case.soak_seconds;
      if (planned_case.alone)
        planned_case.deadline_seconds += budget.sampling * ranks_of_a_node(planned_case);
    }
    planned_case.operation_seconds =
        budget.usual_operation ? default_operation_deadline(planned_case.deadline_seconds, budget.sampling)
                               : budget.operation;
    if (planned_case.alone)  // the others wait that long for each one's turn
      planned_case.operation_seconds = std::max(planned_case.operation_seconds, 2 * budget.sampling);
  }

  /// Layers of one shape are one case, which stands for all of them.
  bool merged_with_same_shape(std::string const& name, Origin const& origin) {
    if (origin.label.empty()) return false;
    auto const [found, fresh] = shapes_.emplace(name, cases_.size());
    if (fresh) return false;
    if (found->second < cases_.size()) cases_[found->second].labels.push_back(origin.label);
    return true;
  }

  /// Line of the entry that made a case of this name on the same backend before; 0 if none did.
  long line_of_first(Entry const& entry, std::string const& name, long line) {
    long earlier = 0;
    for (std::size_t i = 0; i < backends.size(); ++i) {
      if (entry.backend && *entry.backend != backends[i]) continue;
      auto const [found, fresh] = names_[i].emplace(name, line);
      if (!fresh) earlier = found->second;
    }
    return earlier;
  }

  SuiteFile const& suite_;
  std::filesystem::path const& file_;
  Registry const& registry_;
  Machine const& machine_;
  PlanOptions const& options_;
  Faults& faults_;
  std::vector<std::string> workloads_;
  std::array<std::unordered_map<std::string, long>, backends.size()> names_;
  std::unordered_map<std::string, std::size_t> shapes_;  ///< cases from models: where they are in cases_
  std::vector<PlannedCase> cases_;
  std::size_t made_ = 0;
};

}  // namespace

std::vector<PlannedCase> suite_cases(SuiteFile const& suite, std::filesystem::path const& file,
                                     Registry const& registry, Machine const& machine,
                                     PlanOptions const& options, Faults& faults) {
  return SuiteCases(suite, file, registry, machine, options, faults).cases();
}

}  // namespace muster
