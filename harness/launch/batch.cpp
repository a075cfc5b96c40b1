#include "harness/launch/batch.hpp"

#include <algorithm>
#include <set>
#include <variant>

namespace muster {
namespace {

/// The case that an event speaks of.
std::optional<std::size_t> case_of(Event const& event) {
  return std::visit(
      [](auto const& held) -> std::optional<std::size_t> {
        if constexpr (requires { held.case_index; }) return held.case_index;
        return std::nullopt;
      },
      event);
}

}  // namespace

void Batch::begin() {
  current.reset();
  phase = "start";
  began = false;
  recorded.clear();
  since = Clock::now();
  stands.clear();
  hung.reset();
}

bool Batch::take(Event const& event) {
  if (hung && case_of(event) == hung) return false;
  std::visit([this](auto const& held) { take(held); }, event);
  return true;
}

void Batch::hang() {
  if (began && !left.empty()) hung = current.value_or(left.front());
  hung_phase = phase;
}

bool Batch::any_expired() const { return std::ranges::any_of(stands, &Stand::expired); }

int Batch::ranks_heard() const {
  std::set<int> heard;
  for (auto const& stand : stands) heard.insert(stand.rank);
  return static_cast<int>(heard.size());
}

void Batch::drop_answers() {
  std::erase_if(stands, [](Stand const& stand) { return !stand.expired; });
}

/// Every node says that a case begins; the first to say so counts. Cases come in the order of the plan.
bool Batch::is_news(std::size_t index) const {
  bool const open = std::ranges::find(left, index) != left.end();
  return open && (!current || index > *current);
}

void Batch::take(CaseStarted const& started) {
  if (!is_news(started.case_index)) return;
  current = started.case_index;
  phase = "set up";
  began = true;
  barren_starts = 0;
  since = Clock::now();
}

void Batch::take(PhaseStarted const& started) {
  if (started.case_index != current) return;
  phase = started.phase;
  // Set-up that reports progress is alive: only its silence counts against the deadline.
  if (started.fraction >= 0) since = Clock::now();
}

void Batch::take(WorkerStarted const& worker) {
  for (std::size_t i = 0; i < worker.ranks.size(); ++i) {
    nodes[worker.ranks[i]] = worker.node.name;
    if (i < worker.processes.size()) processes[{worker.node.name, worker.processes[i]}] = worker.ranks[i];
  }
}

void Batch::take(CaseRecord const& record) {
  int const heard = recorded[record.case_index] += static_cast<int>(record.ranks.size());
  if (heard < ranks) return;
  std::erase(left, record.case_index);
  if (record.case_index != current) return;
  current.reset();
  phase = left.empty() ? "end" : "between cases";
  since = Clock::now();
}

}  // namespace muster
