#include "harness/record/assemble.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <variant>

#include "harness/core/each_index.hpp"
#include "harness/core/statistics.hpp"
#include "harness/record/case_events.hpp"
#include "harness/record/collective_figures.hpp"
#include "harness/record/comparability.hpp"
#include "harness/record/coverage.hpp"
#include "harness/record/figures.hpp"
#include "harness/record/matrices.hpp"
#include "harness/record/nodes.hpp"
#include "harness/record/tidy.hpp"
#include "harness/record/vote.hpp"
#include "harness/record/warnings.hpp"

namespace muster {
namespace {

/// Puts together one case; its launches keep their figures unless an answer was wrong. Of many worlds each
/// stands for itself: a wrong answer on one node takes that node's numbers away, not the others'.
class CaseAssembly {
 public:
  CaseAssembly(PlannedCase const& planned, CaseEvents const& launches, Workload const* workload,
               bool whole_ranks)
      : planned_(planned), workload_(workload), whole_ranks_(whole_ranks) {
    for (auto const& [key, events] : launches) {
      launches_.push_back({key, events, end_of(planned, events)});
      for (auto const& [index, rank] : events.ranks) {
        all_.push_back(&rank);
        if (launches_.back().end.status == CaseStatus::ok) finished_.push_back(&rank);
      }
    }
  }

  CaseResult result() {
    copy_plan();
    count_worlds();
    find_status();
    if (result_.status != CaseStatus::wrong && workload_) add_figures();
    add_what_ranks_said();
    return std::move(result_);
  }

  /// Has every launch of every world come to an end of it, good or bad?
  bool done() const {
    std::set<int> begun;
    for (auto const& [key, events, end] : launches_) {
      begun.insert(key.launch);
      if (end.status == CaseStatus::not_run) return false;
    }
    return std::ssize(begun) >= planned_.launches;
  }

 private:
  struct EndedLaunch {
    LaunchKey const& key;
    LaunchEvents const& events;
    LaunchEnd end;
  };

  void copy_plan() {
    result_.name = planned_.name;
    result_.workload = planned_.workload;
    result_.backend = planned_.backend;
    result_.params = planned_.params;
    result_.labels = planned_.labels;
    result_.ranks = planned_.ranks;
    result_.planned_launches = planned_.launches;
    int most = 0;  // of a world that lost nodes as of one that had them
    for (auto const& [key, events, end] : launches_) most = std::max(most, events.world_size);
    if (most > 0) result_.ranks = most;
    result_.metric =
        workload_ ? workload_->metric : Metric{"unknown", "unknown", Quantity::bytes, Better::exact};
  }

  void count_worlds() {
    std::map<std::string, CaseStatus> worst;
    for (auto const& [key, events, end] : launches_) {
      if (key.world.empty()) continue;
      auto& status = worst.try_emplace(key.world, CaseStatus::ok).first->second;
      if (end.status == CaseStatus::wrong || (end.status != CaseStatus::ok && status == CaseStatus::ok))
        status = end.status;
    }
    if (worst.empty()) return;
    auto const having = [&](CaseStatus status) {
      return static_cast<int>(
          std::ranges::count(worst, status, [](auto const& entry) { return entry.second; }));
    };
    result_.worlds =
        Worlds{static_cast<int>(worst.size()), having(CaseStatus::ok), having(CaseStatus::wrong)};
  }

  /// Ok if every launch that ran it was; a wrong answer outweighs all else, because it takes the numbers
  /// away.
  void find_status() {
    bool seen_ok = false;
    for (auto const& [key, events, end] : launches_) {
      seen_ok = seen_ok || end.status == CaseStatus::ok;
      bool const first = result_.status == CaseStatus::not_run && result_.message.empty();
      bool const wrong = end.status == CaseStatus::wrong && result_.status != CaseStatus::wrong;
      if (end.status != CaseStatus::ok && (first || wrong)) {
        result_.status = end.status;
        result_.message = end.message;
      }
    }
    bool const no_fault = result_.status == CaseStatus::not_run && result_.message.empty();
    bool const some_world_ok = result_.worlds && seen_ok;
    if ((no_fault && seen_ok) || some_world_ok) {
      result_.status = CaseStatus::ok;
      result_.message.clear();
    }
    if (!workload_) {
      result_.status = CaseStatus::internal;
      result_.message =
          "this program has no workload '" + planned_.workload + "' (the run was made by another version)";
    }
  }

  void add_figures() {
    std::map<int, std::vector<LaunchFigures>> worlds;  // of each launch
    std::vector<double> per_joule;
    bool const of_all = rate_of_all(workload_->scope, result_.metric);
    for (auto const& [key, events, end] : launches_) {
      if (end.status != CaseStatus::ok) continue;
      if (worlds.empty()) result_.work = busiest(events, result_.metric).work;
      auto const& figures = worlds[key.launch].emplace_back(
          launch_figures(key.launch, events, result_.metric, workload_->scope));
      auto const joules =
          of_all ? group_per_joule(events, result_.metric, figures.metric.median) : std::nullopt;
      if (joules) per_joule.push_back(*joules);
      add_rank_figures(events);
    }
    std::vector<double> medians;
    for (auto const& [launch, figures] : worlds) {
      result_.launches.push_back(over_worlds(figures));
      medians.push_back(result_.launches.back().metric.median);
    }
    if (!whole_ranks_) result_.rank_spread = rank_spread(finished_);
    result_.figures = median_figures(finished_);
    add_collective_figures(result_);
    result_.matrices = median_matrices(finished_);
    result_.bound = median_bound(finished_);
    if (!medians.empty())
      result_.percent_of_bound = percent_of(result_.metric, median(medians), result_.bound);
    result_.percent_at_clock = median_over_ranks(finished_, &RankDigest::percent_at_clock);
    result_.per_joule = per_joule.empty() ? median_over_ranks(finished_, &RankDigest::per_joule)
                                          : std::optional(median(per_joule));
    result_.slower_together_percent = slower_together(finished_, result_.metric);
  }

  void add_rank_figures(LaunchEvents const& events) {
    for (auto const& [index, rank] : events.ranks) {
      if (rank.whole) result_.rank_figures.push_back(*rank.whole);
    }
  }

  void add_what_ranks_said() {
    result_.facts = joined_facts(all_);
    result_.verification =
        worst_verdict(result_.worlds && result_.status == CaseStatus::ok ? finished_ : all_);
    result_.warnings = case_warnings(all_);
    result_.tainted = case_taints(all_);
    if (!result_.matrices.empty())
      std::ranges::move(clashes(finished_), std::back_inserter(result_.warnings));
    bool const unverified = result_.status == CaseStatus::ok && !result_.verification.ok();
    if (unverified) result_.warnings.push_back("not verified: no row for Google Benchmark's tools");
  }

  PlannedCase const& planned_;
  Workload const* workload_;
  bool whole_ranks_;
  std::vector<EndedLaunch> launches_;
  Ranks all_, finished_;  ///< finished: of launches that ended ok
  CaseResult result_;
};

/// Run, context and time stamps, from the events that are not of a case.
class RunAssembly {
 public:
  explicit RunAssembly(Document& document) : document_(document) {}

  void operator()(RunStarted const& event) {
    saw(event.run.started);
    ended_.reset();  // it was gone on with
    bool const first_start = document_.run.started.empty();
    bool const more_launches = event.run.launches > document_.run.launches;
    if (!first_start && !more_launches) ++restarts_;
    std::string const first = first_start ? event.run.started : document_.run.started;
    document_.run = event.run;  // the last one: a resumed run goes on under its first start
    document_.run.started = first;
  }
  void operator()(LaunchStarted const& event) {
    saw(event.time);
    if (launchers_.find(event.launcher) == std::string::npos) {
      launchers_ += (launchers_.empty() ? "" : "+") + event.launcher;
    }
  }
  void operator()(WorkerStarted const& event) {
    if (document_.context.date.empty()) document_.context = event.context;
  }
  void operator()(CaseFailed const& event) {
    if (event.world.empty()) saw(event.failure.time);
  }
  void operator()(RunPhaseStarted const& event) { saw(event.time); }
  void operator()(Heartbeat const& event) { saw(event.time); }
  void operator()(JournalMoved const& event) {
    bool const told = std::ranges::any_of(elsewhere_, [&](Elsewhere const& other) {
      return other.node == event.node && other.folder == event.folder;
    });
    if (!told) elsewhere_.push_back({event.node, event.folder, event.reason});
  }
  void operator()(RunEnded const& event) { ended_ = event; }
  void operator()(auto const&) {}

  /// What RunEnded said, or what the cases amount to where the supervisor died before it could say so.
  void finish() {
    auto& run = document_.run;
    if (run.launcher.empty()) run.launcher = launchers_;
    run.elsewhere = elsewhere_;
    run.restarts = restarts_;
    if (ended_) {
      run.status = ended_->status;
      run.exit_code = ended_->exit_code;
      run.ended = ended_->ended;
      return;
    }
    Outcome const outcome = judge(document_);
    bool const cut_short = std::ranges::any_of(
        document_.cases, [](CaseResult const& result) { return result.status == CaseStatus::not_run; });
    run.status = cut_short ? RunStatus::aborted : outcome.status;
    run.exit_code = static_cast<int>(outcome.code);
    run.ended = last_seen_;
  }

 private:
  /// Only what the supervisor's clock said: a node's may be an hour off.
  void saw(std::string const& time) { last_seen_ = std::max(last_seen_, time); }  // ISO 8601 sorts as text

  Document& document_;
  std::optional<RunEnded> ended_;
  std::string launchers_, last_seen_;
  std::vector<Elsewhere> elsewhere_;
  int restarts_ = 0;  // starts for more launches are none
};

/// What the document gets of one case.
struct AssembledCase {
  CaseResult result;
  std::vector<Failure> failures;
  bool done = false;
};

AssembledCase assembled(Plan const& plan, std::size_t index, CaseEvents const& launches,
                        Workload const* workload, bool whole_ranks) {
  PlannedCase const& planned = plan.cases[index];
  CaseAssembly assembly(planned, launches, workload, whole_ranks);
  AssembledCase made{assembly.result(), {}, assembly.done()};
  made.result.phase = plan.phases[planned.phase].name;
  for (auto const& [key, events] : launches) {
    auto failures = failures_of(planned, key, events);
    std::ranges::move(failures, std::back_inserter(made.failures));
  }
  return made;
}

}  // namespace

bool tells_every_rank(Plan const& plan) {
  std::size_t entries = 0;
  for (auto const& planned : plan.cases) {
    bool const alone = plan.phases[planned.phase].spread == Spread::each_node;
    auto const worlds = alone ? std::max(1, plan.nodes.count) : 1;
    entries += static_cast<std::size_t>(planned.ranks) * static_cast<std::size_t>(planned.launches) *
               static_cast<std::size_t>(worlds);
  }
  return entries <= most_rank_entries;
}

Assembler::Assembler(Plan const& plan, Registry const& registry, int threads)
    : plan_(plan),
      registry_(registry),
      whole_ranks_(tells_every_rank(plan)),
      threads_(threads),
      sorter_(plan) {
  keep({});
}

PlannedCase const* Assembler::planned(std::size_t case_index) const {
  return case_index < plan_.cases.size() ? &plan_.cases[case_index] : nullptr;
}

Workload const* Assembler::workload(std::size_t case_index) const {
  auto const* found = planned(case_index);
  return found ? registry_.find(found->workload) : nullptr;
}

void Assembler::keep(RecordPool pool) { pools_.push_back(std::move(pool)); }

void Assembler::add(CaseDigest digest) { sorter_.add(std::move(digest)); }

void Assembler::add(Event const& event) {
  if (auto const* record = std::get_if<CaseRecord>(&event)) {
    auto const tidy = tidied(*record);
    return add(Digester(pools_.front(), whole_ranks_).digest(tidy, workload(tidy.case_index)));
  }
  std::visit(
      [&](auto const& held) {
        if constexpr (requires { sorter_.add(held); }) sorter_.add(held);
      },
      event);
  if (auto const* started = std::get_if<WorkerStarted>(&event)) nodes_.add(started->node);
  // Thousands of ranks' phases are of no use beyond their case.
  bool const of_case =
      std::holds_alternative<PhaseStarted>(event) || std::holds_alternative<CaseStarted>(event);
  if (!of_case) of_run_.push_back(event);
}

Document Assembler::document() {
  Document document;
  RunAssembly run(document);
  for (Event const& event : of_run_) std::visit(run, event);
  document.run.planned_cases = static_cast<int>(plan_.cases.size());
  document.run.launches = plan_.launches;
  document.run.done_cases = 0;
  document.run.oversubscribed = document.run.oversubscribed || plan_.oversubscribe;
  SortedEvents sorted = sorter_.take();
  std::vector<AssembledCase> cases(plan_.cases.size());
  std::vector<RecordPool> pools(cases.size());
  each_index(cases.size(), threads_, [&](std::size_t i) {
    vote(sorted.cases[i], pools[i]);
    cases[i] = assembled(plan_, i, sorted.cases[i], workload(i), whole_ranks_);
    sorted.cases[i].clear();
  });
  for (auto& [result, failures, done] : cases) {
    if (document.run.oversubscribed)
      result.warnings.push_back("oversubscribed: ranks shared a device or a core");
    document.cases.push_back(std::move(result));
    std::ranges::move(failures, std::back_inserter(document.failures));
    document.run.done_cases += done ? 1 : 0;
  }
  std::ranges::move(sorted.strays, std::back_inserter(document.failures));
  document.nodes = nodes_.nodes();
  document.coverage = coverage_of(plan_, of_run_);
  document.comparability_workload = workload_key(plan_);
  document.comparability_platform = platform_key(plan_, document.nodes);
  run.finish();
  return document;
}

Document assemble(Plan const& plan, std::vector<Event> const& events, Registry const& registry) {
  Assembler assembler(plan, registry);
  for (Event const& event : events) assembler.add(event);
  return assembler.document();
}

Outcome judge(Document const& document) {
  auto const has = [&](CaseStatus status) {
    return std::ranges::any_of(document.cases, [&](auto const& result) { return result.status == status; });
  };
  auto const incomplete = [&](CaseResult const& result) {
    bool const launches_missing = std::ssize(result.launches) < result.planned_launches;
    bool const worlds_missing = result.worlds && result.worlds->ok < result.worlds->planned;
    return is_failure(result.status) ||
           (result.status == CaseStatus::ok && (launches_missing || worlds_missing));
  };
  auto const wrong = [](CaseResult const& result) { return result.worlds && result.worlds->wrong > 0; };
  bool const nodes_missing = document.coverage && document.coverage->good < document.coverage->planned;
  bool const gaps = nodes_missing || std::ranges::any_of(document.cases, incomplete);
  RunStatus const status = !has(CaseStatus::ok) ? RunStatus::failed
                           : gaps               ? RunStatus::partial
                                                : RunStatus::complete;
  if (has(CaseStatus::wrong) || std::ranges::any_of(document.cases, wrong))
    return {status, ExitCode::wrong_numbers};
  if (status == RunStatus::failed) return {status, ExitCode::infrastructure};
  return {status, status == RunStatus::partial ? ExitCode::partial : ExitCode::ok};
}

}  // namespace muster
