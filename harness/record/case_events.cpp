#include "harness/record/case_events.hpp"

#include <utility>
#include <variant>

#include "harness/record/tidy.hpp"
#include "harness/record/vote.hpp"

namespace muster {
namespace {

/// A worker's own word, corrected by what else it said: no rank whose answer failed is ok, nor one without a
/// sample, whose time of 0 would look fast.
RankRecord believed(RankRecord record) {
  auto const instead = [&](CaseStatus status, std::string phase, std::string message) {
    record.status = status;
    record.phase = std::move(phase);
    record.message = std::move(message);
  };
  if (record.status != CaseStatus::ok) return record;
  if (record.verification.status == Verdict::Status::fail) {
    instead(CaseStatus::wrong, "verify", record.verification.detail);
  } else if (record.sample_seconds.empty()) {
    instead(CaseStatus::internal, "sample",
            "the rank reported ok without a sample (a defect in muster) please report it");
  }
  return record;
}

class Sorter {
 public:
  explicit Sorter(Plan const& plan) : plan_(plan) { sorted_.cases.resize(plan.cases.size()); }

  void operator()(CaseRecord const& event) {
    auto* launch = at(event.case_index, {event.launch, event.world});
    if (!launch) return;
    launch->world_size = event.world_size;
    for (auto& rank : tidied(event).ranks) {
      launch->ranks.insert_or_assign(rank.rank, RankAt{event.node, believed(std::move(rank))});
    }
  }
  void operator()(CaseFailed const& event) {
    if (auto* launch = at(event.case_index, {event.failure.launch, event.world}))
      launch->failed = event.failure;
  }
  void operator()(CaseStarted const& event) {
    auto* launch = at(event.case_index, {event.launch, event.world});
    if (launch && launch->started.empty()) launch->started = event.time;
  }
  void operator()(PhaseStarted const& event) {
    if (auto* launch = at(event.case_index, {event.launch, event.world})) launch->phase = event.phase;
  }
  /// From here on silence of one of these nodes is a finding.
  void operator()(RunPhaseStarted const& event) {
    if (event.phase >= plan_.phases.size() || plan_.phases[event.phase].spread != Spread::each_node) return;
    for (std::size_t i = 0; i < plan_.cases.size(); ++i) {
      if (plan_.cases[i].phase != event.phase) continue;
      for (auto const& node : event.nodes) {
        for (int launch = 0; launch < plan_.cases[i].launches; ++launch) at(i, {launch, node});
      }
    }
  }
  void operator()(auto const&) {}  // of the run, not of a case

  SortedEvents take() {
    for (auto& launches : sorted_.cases) vote(launches);
    return std::move(sorted_);
  }

 private:
  LaunchEvents* at(std::size_t index, LaunchKey const& key) {
    if (index < sorted_.cases.size()) return &sorted_.cases[index][key];
    if (sorted_.strays.empty()) {
      std::string const what = "a journal speaks of case " + std::to_string(index) + ", the plan has " +
                               std::to_string(sorted_.cases.size()) +
                               " (journal and plan.json are of different runs)";
      sorted_.strays.push_back({"", key.launch, "", -1, "save", CaseStatus::internal, what, ""});
    }
    return nullptr;
  }

  Plan const& plan_;
  SortedEvents sorted_;
};

/// The rank that tells best why the launch failed: ranks that were merely kept from running come last.
RankAt const* telling(LaunchEvents const& events) {
  RankAt const* idle = nullptr;
  for (auto const& [index, rank] : events.ranks) {
    if (rank.record.status == CaseStatus::not_run && !idle) idle = &rank;
    if (rank.record.status != CaseStatus::ok && rank.record.status != CaseStatus::not_run) return &rank;
  }
  return idle;
}

/// "3 of 8 ranks left no record (...)", or "" when all did.
std::string missing(PlannedCase const& planned, LaunchEvents const& events) {
  int const wanted = events.world_size > 0 ? events.world_size : planned.ranks;
  int const absent = wanted - static_cast<int>(events.ranks.size());
  if (absent <= 0) return {};
  std::string const phase = events.phase.empty() ? "" : ", last seen in phase '" + events.phase + "'";
  return std::to_string(absent) + " of " + std::to_string(wanted) +
         " ranks left no record (the run ended in this case" + phase +
         ", or a node's journal is missing) run it again";
}

/// Failures, those alike told once: thousands of ranks may say the same.
class Collected {
 public:
  void add(Failure failure) {
    for (std::size_t i = 0; i < failures_.size(); ++i) {
      Failure const& other = failures_[i];
      bool const alike =
          other.kind == failure.kind && other.phase == failure.phase && other.message == failure.message;
      if (alike) {
        ++further_[i];
        return;
      }
    }
    failures_.push_back(std::move(failure));
    further_.push_back(0);
  }
  bool empty() const { return failures_.empty(); }
  std::vector<Failure> take() {
    for (std::size_t i = 0; i < failures_.size(); ++i) {
      if (further_[i] > 0)
        failures_[i].message += " [and " + std::to_string(further_[i]) + " more ranks alike]";
    }
    return std::move(failures_);
  }

 private:
  std::vector<Failure> failures_;
  std::vector<int> further_;
};

Failure failure_of(RankAt const& at, PlannedCase const& planned, int launch, LaunchEvents const& events) {
  RankRecord const& record = at.record;
  return {planned.name, launch,        at.node,        record.rank,
          record.phase, record.status, record.message, events.started};
}

}  // namespace

SortedEvents sort_events(Plan const& plan, std::vector<Event> const& events) {
  Sorter sorter(plan);
  for (Event const& event : events) std::visit(sorter, event);
  return sorter.take();
}

LaunchEnd end_of(PlannedCase const& planned, LaunchEvents const& events) {
  if (events.failed) return {events.failed->kind, events.failed->message};
  if (RankAt const* rank = telling(events)) return {rank->record.status, rank->record.message};
  std::string const gap = missing(planned, events);
  if (!gap.empty()) return {CaseStatus::not_run, events.started.empty() && events.ranks.empty() ? "" : gap};
  return {CaseStatus::ok, ""};
}

std::vector<Failure> failures_of(PlannedCase const& planned, LaunchKey const& key,
                                 LaunchEvents const& events) {
  Collected collected;
  if (events.failed) {
    Failure failure = *events.failed;
    failure.case_name = planned.name;
    collected.add(std::move(failure));
  }
  for (auto const& [index, rank] : events.ranks) {
    bool const own_fault = is_failure(rank.record.status) && rank.record.status != CaseStatus::not_run;
    if (own_fault) collected.add(failure_of(rank, planned, key.launch, events));
  }
  auto const end = end_of(planned, events);
  if (collected.empty() && end.status == CaseStatus::not_run && !end.message.empty()) {
    collected.add(
        {planned.name, key.launch, key.world, -1, events.phase, end.status, end.message, events.started});
  }
  return collected.take();
}

}  // namespace muster
