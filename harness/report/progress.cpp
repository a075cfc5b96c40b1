#include "harness/report/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/core/counted.hpp"
#include "harness/core/quantities.hpp"
#include "harness/core/say.hpp"
#include "harness/report/bar.hpp"
#include "harness/report/table.hpp"

namespace muster {
namespace {

constexpr double overhead_per_case =
    1.0;  // set-up and verification, in seconds, until the run's own pace is known

double total_seconds(Plan const& plan) {
  double sum = 0;
  for (auto const& planned : plan.cases)
    sum += planned.launches * (planned.sampling_seconds + overhead_per_case);
  return sum;
}

std::size_t total_launches(Plan const& plan) {
  std::size_t sum = 0;
  for (auto const& planned : plan.cases) sum += static_cast<std::size_t>(planned.launches);
  return sum;
}

CaseStatus worst_of(CaseRecord const& record) {
  for (auto const& rank : record.ranks) {
    if (rank.status != CaseStatus::ok && rank.status != CaseStatus::not_run) return rank.status;
  }
  return record.ranks.empty() ? CaseStatus::not_run : record.ranks.front().status;
}

int ended_worlds(std::map<CaseStatus, int> const& worlds) {
  int sum = 0;
  for (auto const& [status, count] : worlds) sum += count;
  return sum;
}

/// "718 nodes verified, 2 nodes worker died".
std::string words_of(std::map<CaseStatus, int> const& worlds) {
  std::string text;
  for (auto const& [status, count] : worlds)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counted(count, "node"), words(status));
  return text;
}

}  // namespace

Progress::Progress(Plan const& plan, std::FILE* out, bool terminal, bool colour)
    : plan_(plan),
      out_(out),
      terminal_(terminal),
      colour_(colour),
      left_(total_seconds(plan)),
      total_(total_launches(plan)) {}

Progress::~Progress() { clear(); }

double Progress::planned(std::size_t index) const {
  return plan_.cases.at(index).sampling_seconds + overhead_per_case;
}

void Progress::on(Event const& event) {
  if (auto const* phase = std::get_if<RunPhaseStarted>(&event)) {
    bool const each = plan_.phases.at(phase->phase).spread == Spread::each_node;
    nodes_ = each ? static_cast<int>(phase->nodes.size()) : 1;
  } else if (auto const* started = std::get_if<CaseStarted>(&event)) {
    part(started->case_index, started->launch, started->world).ranks = 0;
    begin(started->case_index);
  } else if (auto const* in_case = std::get_if<PhaseStarted>(&event)) {
    on_part(*in_case);
  } else if (auto const* record = std::get_if<CaseRecord>(&event)) {
    on_record(*record);
  } else if (auto const* failed = std::get_if<CaseFailed>(&event)) {
    end({failed->case_index, failed->failure.launch}, failed->world, failed->failure.kind);
  }
}

/// How far a long set-up is; of many nodes at once that would be noise.
void Progress::on_part(PhaseStarted const& phase) {
  if (phase.fraction < 0 || nodes_ > 1) return;
  int const percent = static_cast<int>(100 * phase.fraction);
  auto const text = fmt::format("{} {} %", phase.note, percent);
  if (terminal_)
    draw(text);
  else if (percent / 25 != last_percent_ / 25 || last_percent_ < 0)
    say(fmt::format("    {}\n", text), out_);
  last_percent_ = percent;
}

void Progress::on_record(CaseRecord const& record) {
  auto& seen = part(record.case_index, record.launch, record.world).ranks;
  seen += static_cast<int>(record.ranks.size());
  auto const status = worst_of(record);
  int const wanted = record.world_size > 0 ? record.world_size : plan_.cases.at(record.case_index).ranks;
  if (seen >= wanted || is_failure(status)) end({record.case_index, record.launch}, record.world, status);
}

void Progress::begin(std::size_t index) {
  current_ = plan_.cases.at(index).name;
  last_percent_ = -1;
  if (terminal_) draw("");
}

int Progress::worlds_of(std::size_t index) const {
  bool const each = plan_.phases.at(plan_.cases.at(index).phase).spread == Spread::each_node;
  return each ? std::max(nodes_, 1) : 1;
}

void Progress::end(Of of, std::string const& world, CaseStatus status) {
  if (std::exchange(part(of.first, of.second, world).over, true)) return;
  int const count = worlds_of(of.first);
  left_.finished(planned(of.first) / count);
  std::string const outcome(words(status));
  if (count == 1) return end_all(of, outcome, is_failure(status));
  if (is_failure(status))
    tell(fmt::format("    {} (launch {}) on {}: {}\n", plan_.cases.at(of.first).name, of.second + 1, world,
                     marked(outcome, true)),
         true);
  auto& worlds = worlds_[of];
  ++worlds[status];
  if (ended_worlds(worlds) == count)
    end_all(of, words_of(worlds),
            std::ranges::any_of(worlds, [](auto const& entry) { return is_failure(entry.first); }));
}

void Progress::end_all(Of of, std::string const& outcome, bool failed) {
  ++ended_;
  tell(fmt::format("[{}/{}] {} (launch {}): {}\n", ended_, total_, plan_.cases.at(of.first).name,
                   of.second + 1, marked(outcome, failed)),
       failed);
  if (terminal_) draw("");
}

std::string Progress::marked(std::string const& outcome, bool failed) const {
  return failed && colour_ ? "\033[31m" + outcome + "\033[0m" : outcome;
}

/// On a terminal the bar tells enough, unless something failed.
void Progress::tell(std::string const& line, bool failed) {
  if (terminal_ && !failed) return;
  clear();
  say(line, out_);
}

void Progress::draw(std::string const& text) {
  double const elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  auto line = fmt::format("[{}] {}/{}  {}  ETA {}", bar(left_.fraction()), ended_, total_,
                          text.empty() ? current_ : text, clock_text(left_.seconds(elapsed)));
  say("\r\033[K" + printable(line), out_);
  drawn_ = true;
}

void Progress::clear() {
  if (drawn_) say("\r\033[K", out_);
  drawn_ = false;
}

}  // namespace muster
