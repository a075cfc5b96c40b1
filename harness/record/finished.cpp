#include "harness/record/finished.hpp"

#include <algorithm>
#include <variant>

#include "harness/record/assemble.hpp"
#include "harness/record/digest_journals.hpp"
#include "harness/record/environment.hpp"

namespace muster {
namespace {

/// Would another try have another outcome? A wrong answer or a case that is not possible here stays so.
bool worth_a_retry(CaseStatus status) {
  using enum CaseStatus;
  return status == crashed || status == timed_out || status == device_error;
}

/// Sets of workers that were stopped with notice: by a signal, not by a death.
std::set<std::pair<std::string, int>> stopped_in_order(std::vector<Event> const& events) {
  std::set<std::pair<std::string, int>> attempts;
  for (auto const& event : events) {
    if (auto const* ended = std::get_if<RunEnded>(&event)) attempts.emplace("", ended->attempt);
    if (auto const* ended = std::get_if<AgentEnded>(&event)) attempts.emplace(ended->node, ended->attempt);
  }
  return attempts;
}

/// Of the last attempts, one after the other, those that ended by a death while the case was under way.
int deaths(LaunchEvents const& events, std::string const& world,
           std::set<std::pair<std::string, int>> const& in_order) {
  int count = 0;
  for (auto attempt = events.begun.rbegin(); attempt != events.begun.rend(); ++attempt, ++count) {
    if (in_order.contains({world, *attempt})) break;
  }
  return count;
}

int highest_attempt(SortedEvents const& sorted) {
  int highest = 0;
  for (auto const& launches : sorted.cases) {
    for (auto const& [key, events] : launches) {
      highest = std::max(highest, events.attempt);
      if (!events.begun.empty()) highest = std::max(highest, std::ranges::max(events.begun));
    }
  }
  return highest;
}

}  // namespace

std::vector<CaseFailed> given_up(Plan const& plan, FinishedCases const& finished, std::size_t phase) {
  std::vector<CaseFailed> failures;
  for (auto const& [launch, index, world] : finished.deadly()) {
    auto const& planned = plan.cases[index];
    if (planned.phase != phase) continue;
    failures.push_back(
        {index,
         {planned.name, launch, world, -1, "", CaseStatus::crashed,
          "the run died with this case under way, twice in a row (it may take the node with it) "
          "it is not tried again; run it alone",
          utc_now()},
         world,
         finished.attempts()});
  }
  return failures;
}

std::vector<ExcludedNode> excluded_by_phases(RunFolder const& folder) {
  std::vector<ExcludedNode> nodes;
  JournalTail journal(folder.supervisor_journal());
  for (auto const& event : journal.poll()) {
    auto const* excluded = std::get_if<NodeExcluded>(&event);
    if (excluded && excluded->phase != "inventory")
      nodes.push_back({excluded->node, excluded->phase, excluded->reason});
  }
  return nodes;
}

FinishedCases finished_cases(Plan const& plan, RunFolder const& folder, Registry const& registry,
                             FinishedSettings const& settings) {
  Assembler assembler(plan, registry, settings.threads);
  DigestSettings reading{{folder.journals()}, {}, settings.threads, true, settings.world};
  reading.journals.insert(reading.journals.end(), settings.further.begin(), settings.further.end());
  digest_journals(assembler, reading);
  auto const& events = assembler.of_run();
  auto const in_order = stopped_in_order(events);
  auto const sorted = assembler.take_events();
  FinishedCases finished;
  finished.attempts_ = highest_attempt(sorted);
  for (auto const& event : events) {
    if (auto const* started = std::get_if<WorkerStarted>(&event))
      finished.attempts_ = std::max(finished.attempts_, started->attempt);
    auto const* started = std::get_if<RunStarted>(&event);
    if (!started) continue;
    ++finished.starts_;
    if (!finished.run_) finished.run_ = started->run;
  }
  for (std::size_t i = 0; i < sorted.cases.size(); ++i) {
    for (auto const& [key, launch] : sorted.cases[i]) {
      auto const end = end_of(plan.cases[i], launch).status;
      bool const ended = end != CaseStatus::not_run && !(settings.retry_failed && worth_a_retry(end));
      if (ended) finished.ended_.emplace(key.launch, i, key.world);
      if (end == CaseStatus::not_run && deaths(launch, key.world, in_order) >= 2)
        finished.deadly_.emplace_back(key.launch, i, key.world);
    }
  }
  return finished;
}

}  // namespace muster
