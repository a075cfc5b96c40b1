#include "harness/report/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

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
  for (auto const& planned : plan.cases) sum += planned.sampling_seconds + overhead_per_case;
  return sum * plan.launches;
}

CaseStatus worst_of(CaseRecord const& record) {
  for (auto const& rank : record.ranks) {
    if (rank.status != CaseStatus::ok && rank.status != CaseStatus::not_run) return rank.status;
  }
  return record.ranks.empty() ? CaseStatus::not_run : record.ranks.front().status;
}

}  // namespace

Progress::Progress(Plan const& plan, std::FILE* out, bool terminal, bool colour)
    : plan_(plan),
      out_(out),
      terminal_(terminal),
      colour_(colour),
      left_(total_seconds(plan)),
      total_(plan.cases.size() * static_cast<std::size_t>(plan.launches)) {}

Progress::~Progress() { clear(); }

double Progress::planned(std::size_t index) const {
  return plan_.cases.at(index).sampling_seconds + overhead_per_case;
}

void Progress::on(Event const& event) {
  if (auto const* started = std::get_if<CaseStarted>(&event)) {
    begin(started->case_index);
  } else if (auto const* phase = std::get_if<PhaseStarted>(&event)) {
    if (phase->fraction >= 0) {
      int const percent = static_cast<int>(100 * phase->fraction);
      auto const text = fmt::format("{} {} %", phase->note, percent);
      if (terminal_)
        draw(text);
      else if (percent / 25 != last_percent_ / 25 || last_percent_ < 0)
        say(fmt::format("    {}\n", text), out_);
      last_percent_ = percent;
    }
  } else if (auto const* record = std::get_if<CaseRecord>(&event)) {
    recorded_ranks_ += static_cast<int>(record->ranks.size());
    auto const status = worst_of(*record);
    if (recorded_ranks_ >= plan_.cases.at(record->case_index).ranks || is_failure(status)) {
      end(record->case_index, record->launch, std::string(words(status)), is_failure(status));
    }
  } else if (auto const* failed = std::get_if<CaseFailed>(&event)) {
    end(failed->case_index, failed->failure.launch, std::string(words(failed->failure.kind)), true);
  }
}

void Progress::begin(std::size_t index) {
  current_ = plan_.cases.at(index).name;
  recorded_ranks_ = 0;
  last_percent_ = -1;
  if (terminal_) draw("");
}

void Progress::end(std::size_t index, int launch, std::string const& outcome, bool failed) {
  ++ended_;
  left_.finished(planned(index));
  std::string const mark = failed && colour_ ? "\033[31m" + outcome + "\033[0m" : outcome;
  auto const line = fmt::format("[{}/{}] {} (launch {}): {}\n", ended_, total_, plan_.cases.at(index).name,
                                launch + 1, mark);
  if (!terminal_ || failed) {
    clear();
    say(line, out_);
  }
  if (terminal_) draw("");
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
