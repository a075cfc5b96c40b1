#include "harness/record/case_events.hpp"

#include <algorithm>
#include <utility>

namespace muster {
namespace {

/// The rank that tells best why the launch failed: ranks that were merely kept from running come last.
RankDigest const* telling(LaunchEvents const& events) {
  RankDigest const* idle = nullptr;
  for (auto const& [index, rank] : events.ranks) {
    if (rank.status == CaseStatus::not_run && !idle) idle = &rank;
    if (rank.status != CaseStatus::ok && rank.status != CaseStatus::not_run) return &rank;
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

Failure failure_of(RankDigest const& rank, PlannedCase const& planned, int launch,
                   LaunchEvents const& events) {
  return {planned.name, launch,      *rank.node,    rank.rank,
          *rank.phase,  rank.status, *rank.message, events.started};
}

}  // namespace

LaunchEvents* EventSorter::at(std::size_t index, LaunchKey const& key) {
  if (index < sorted_.cases.size()) return &sorted_.cases[index][key];
  if (sorted_.strays.empty()) {
    std::string const what = "a journal speaks of case " + std::to_string(index) + ", the plan has " +
                             std::to_string(sorted_.cases.size()) +
                             " (journal and plan.json are of different runs)";
    sorted_.strays.push_back({"", key.launch, "", -1, "save", CaseStatus::internal, what, ""});
  }
  return nullptr;
}

/// Null too for what a later set of workers has done again.
LaunchEvents* EventSorter::at(std::size_t index, LaunchKey const& key, int attempt) {
  auto* events = at(index, key);
  if (!events || attempt < events->attempt) return nullptr;
  if (attempt > events->attempt) {
    events->ranks.clear();
    events->failed.reset();
    events->attempt = attempt;
  }
  return events;
}

void EventSorter::add(CaseDigest digest) {
  auto* events = at(digest.case_index, {digest.launch, std::move(digest.world)}, digest.attempt);
  if (!events) return;
  events->world_size = digest.world_size;
  for (auto& rank : digest.ranks) events->ranks.insert_or_assign(rank.rank, std::move(rank));
}

void EventSorter::add(CaseFailed const& event) {
  if (auto* events = at(event.case_index, {event.failure.launch, event.world}, event.attempt))
    events->failed = event.failure;
}

void EventSorter::add(CaseStarted const& event) {
  auto* events = at(event.case_index, {event.launch, event.world});
  if (!events) return;
  if (events->started.empty()) events->started = event.time;
  if (std::ranges::find(events->begun, event.attempt) != events->begun.end()) return;
  events->begun.insert(std::ranges::upper_bound(events->begun, event.attempt), event.attempt);
}

void EventSorter::add(PhaseStarted const& event) {
  if (auto* events = at(event.case_index, {event.launch, event.world})) events->phase = event.phase;
}

void EventSorter::add(RunPhaseStarted const& event) {
  if (event.phase >= plan_.phases.size() || plan_.phases[event.phase].spread != Spread::each_node) return;
  for (std::size_t i = 0; i < plan_.cases.size(); ++i) {
    if (plan_.cases[i].phase != event.phase) continue;
    // A run that is gone on with may have other nodes: those of before owe nothing more.
    std::erase_if(sorted_.cases[i], [&](auto const& entry) {
      auto const& [key, launch] = entry;
      bool const gone = std::ranges::find(event.nodes, key.world) == event.nodes.end();
      return gone && launch.ranks.empty() && !launch.failed;
    });
    for (auto const& node : event.nodes) {
      for (int launch = 0; launch < plan_.cases[i].launches; ++launch) at(i, {launch, node});
    }
  }
}

LaunchEnd end_of(PlannedCase const& planned, LaunchEvents const& events) {
  if (events.failed) return {events.failed->kind, events.failed->message};
  if (auto const* rank = telling(events)) return {rank->status, *rank->message};
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
    bool const own_fault = is_failure(rank.status) && rank.status != CaseStatus::not_run;
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
