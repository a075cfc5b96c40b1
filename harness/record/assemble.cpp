#include "harness/record/assemble.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <variant>

#include "harness/core/statistics.hpp"
#include "harness/record/case_events.hpp"
#include "harness/record/collective_figures.hpp"
#include "harness/record/comparability.hpp"
#include "harness/record/coverage.hpp"
#include "harness/record/figures.hpp"
#include "harness/record/matrices.hpp"
#include "harness/record/nodes.hpp"
#include "harness/record/warnings.hpp"

namespace muster {
namespace {

/// Puts together one case; its launches keep their figures unless an answer was wrong. Of many worlds each
/// stands for itself: a wrong answer on one node takes that node's numbers away, not the others'.
class CaseAssembly {
 public:
  CaseAssembly(PlannedCase const& planned, CaseEvents const& launches, Workload const* workload)
      : planned_(planned), launches_(launches), workload_(workload) {}

  CaseResult result() {
    copy_plan();
    count_worlds();
    find_status();
    if (result_.status != CaseStatus::wrong && workload_) add_figures();
    add_what_ranks_said();
    return std::move(result_);
  }

 private:
  void copy_plan() {
    result_.name = planned_.name;
    result_.workload = planned_.workload;
    result_.backend = planned_.backend;
    result_.params = planned_.params;
    result_.labels = planned_.labels;
    result_.ranks = planned_.ranks;
    result_.planned_launches = planned_.launches;
    int most = 0;  // of a world that lost nodes as of one that had them
    for (auto const& [key, events] : launches_) most = std::max(most, events.world_size);
    if (most > 0) result_.ranks = most;
    result_.metric =
        workload_ ? workload_->metric : Metric{"unknown", "unknown", Quantity::bytes, Better::exact};
  }

  void count_worlds() {
    std::map<std::string, CaseStatus> worst;
    for (auto const& [key, events] : launches_) {
      if (key.world.empty()) continue;
      auto const end = end_of(planned_, events).status;
      auto& status = worst.try_emplace(key.world, CaseStatus::ok).first->second;
      if (end == CaseStatus::wrong || (end != CaseStatus::ok && status == CaseStatus::ok)) status = end;
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
    for (auto const& [key, events] : launches_) {
      LaunchEnd const end = end_of(planned_, events);
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
    for (auto const& [key, events] : launches_) {
      if (end_of(planned_, events).status != CaseStatus::ok) continue;
      if (worlds.empty()) result_.work = busiest(events, result_.metric).work;
      worlds[key.launch].push_back(launch_figures(key.launch, events, result_.metric, workload_->scope));
      auto ranks = rank_figures(key.launch, events, result_.metric);
      std::ranges::move(ranks, std::back_inserter(result_.rank_figures));
    }
    std::vector<double> medians;
    for (auto const& [launch, figures] : worlds) {
      result_.launches.push_back(over_worlds(figures));
      medians.push_back(result_.launches.back().metric.median);
    }
    auto const finished = records(true);
    result_.figures = median_figures(finished);
    add_collective_figures(result_);
    result_.matrices = median_matrices(finished);
    result_.bound = median_bound(finished);
    if (!medians.empty())
      result_.percent_of_bound = percent_of(result_.metric, median(medians), result_.bound);
    result_.percent_at_clock = median_over_ranks(result_.rank_figures, &RankFigures::percent_at_clock);
    result_.per_joule = median_over_ranks(result_.rank_figures, &RankFigures::per_joule);
    result_.slower_together_percent = slower_together(result_.rank_figures, result_.metric);
  }

  void add_what_ranks_said() {
    result_.facts = joined_facts(records(false));
    result_.verification = worst_verdict(records(result_.worlds && result_.status == CaseStatus::ok));
    result_.warnings = case_warnings(launches_);
    if (!result_.matrices.empty())
      std::ranges::move(clashes(records(true)), std::back_inserter(result_.warnings));
    bool const unverified = result_.status == CaseStatus::ok && !result_.verification.ok();
    if (unverified) result_.warnings.push_back("not verified: no row for Google Benchmark's tools");
  }

  Records records(bool only_ok_launches) const {
    Records list;
    for (auto const& [key, events] : launches_) {
      if (only_ok_launches && end_of(planned_, events).status != CaseStatus::ok) continue;
      for (auto const& [index, at] : events.ranks) list.push_back(&at.record);
    }
    return list;
  }

  PlannedCase const& planned_;
  CaseEvents const& launches_;
  Workload const* workload_;
  CaseResult result_;
};

/// Run, context and time stamps, from the events that are not of a case.
class RunAssembly {
 public:
  explicit RunAssembly(Document& document) : document_(document) {}

  void operator()(RunStarted const& event) {
    std::string const first = document_.run.started.empty() ? event.run.started : document_.run.started;
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
  void operator()(CaseStarted const& event) { saw(event.time); }
  void operator()(CaseFailed const& event) { saw(event.failure.time); }
  void operator()(RunEnded const& event) { ended_ = event; }
  void operator()(auto const&) {}

  /// What RunEnded said, or what the cases amount to where the supervisor died before it could say so.
  void finish() {
    auto& run = document_.run;
    if (run.launcher.empty()) run.launcher = launchers_;
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
  void saw(std::string const& time) { last_seen_ = std::max(last_seen_, time); }  // ISO 8601 sorts as text

  Document& document_;
  std::optional<RunEnded> ended_;
  std::string launchers_, last_seen_;
};

/// A case is done when every launch of every world has come to an end of it, good or bad.
bool is_done(PlannedCase const& planned, CaseEvents const& launches) {
  std::set<int> begun, unfinished;
  for (auto const& [key, events] : launches) {
    begun.insert(key.launch);
    if (end_of(planned, events).status == CaseStatus::not_run) unfinished.insert(key.launch);
  }
  return std::ssize(begun) >= planned.launches && unfinished.empty();
}

void add_case(Plan const& plan, std::size_t index, CaseEvents const& launches, Registry const& registry,
              Document& document) {
  PlannedCase const& planned = plan.cases[index];
  CaseResult result = CaseAssembly(planned, launches, registry.find(planned.workload)).result();
  result.phase = plan.phases[planned.phase].name;
  if (document.run.oversubscribed)
    result.warnings.push_back("oversubscribed: ranks shared a device or a core");
  document.cases.push_back(std::move(result));
  document.run.done_cases += is_done(planned, launches) ? 1 : 0;
  for (auto const& [key, events] : launches) {
    auto failures = failures_of(planned, key, events);
    std::ranges::move(failures, std::back_inserter(document.failures));
  }
}

}  // namespace

Document assemble(Plan const& plan, std::vector<Event> const& events, Registry const& registry) {
  Document document;
  RunAssembly run(document);
  for (Event const& event : events) std::visit(run, event);
  document.run.planned_cases = static_cast<int>(plan.cases.size());
  document.run.launches = plan.launches;
  document.run.done_cases = 0;
  document.run.oversubscribed = document.run.oversubscribed || plan.oversubscribe;
  SortedEvents sorted = sort_events(plan, events);
  for (std::size_t i = 0; i < plan.cases.size(); ++i) add_case(plan, i, sorted.cases[i], registry, document);
  std::ranges::move(sorted.strays, std::back_inserter(document.failures));
  document.nodes = merged_nodes(events);
  document.coverage = coverage_of(plan, events);
  document.comparability_workload = workload_key(plan);
  document.comparability_platform = platform_key(plan, document.nodes);
  run.finish();
  return document;
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
