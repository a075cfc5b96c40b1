#include "harness/launch/supervisor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <optional>
#include <thread>

#include "harness/core/error.hpp"
#include "harness/launch/interrupt.hpp"
#include "harness/record/environment.hpp"

namespace muster {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

struct Supervisor::Batch {
  int launch = 0;
  int ranks = 1;
  std::vector<std::size_t> left;  // not finished, in order
  std::optional<std::size_t> current{};
  std::string phase{"start"};
  int ranks_recorded = 0;  // of the current case
  bool began = false;      // has this worker set begun a case?
  int barren_starts = 0;   // worker sets in a row that ended before they began any
  Clock::time_point since{};
  fs::path log{};
};

namespace {

/// The last lines of a log, for a message: what the worker itself said when it died.
std::string last_words(fs::path const& log) {
  std::ifstream stream(log);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    if (line.find_first_not_of(" \t-") != std::string::npos) lines.push_back(line);
  }
  std::string text;
  auto const first = lines.size() > 3 ? lines.size() - 3 : 0;
  for (auto i = first; i < lines.size(); ++i) text += (text.empty() ? "" : " | ") + lines[i].substr(0, 300);
  return text;
}

}  // namespace

Supervisor::Supervisor(Plan const& plan, SupervisorSettings settings, JournalWriter& journal,
                       std::function<std::unique_ptr<Launcher>()> multi,
                       std::function<void(Event const&)> listener)
    : plan_(plan),
      settings_(std::move(settings)),
      journal_(journal),
      make_multi_(std::move(multi)),
      listener_(std::move(listener)),
      direct_(direct_launcher()) {}

Supervisor::~Supervisor() = default;

RunStop Supervisor::run() {
  fs::create_directories(settings_.folder.log(0, 1).parent_path());
  for (int launch = 0; launch < plan_.launches && stop_.done; ++launch) {
    std::map<int, std::vector<std::size_t>> by_ranks;
    for (std::size_t i = 0; i < plan_.cases.size(); ++i) by_ranks[plan_.cases[i].ranks].push_back(i);
    for (auto const& [ranks, cases] : by_ranks) {
      if (stop_.done) run_batch(launch, ranks, cases);
    }
  }
  return stop_;
}

Launcher& Supervisor::launcher_for(int ranks) {
  if (ranks == 1) return *direct_;
  if (!multi_) multi_ = make_multi_();
  return *multi_;
}

void Supervisor::note(Event const& event) {
  journal_.append(event);
  listener_(event);
}

void Supervisor::run_batch(int launch, int ranks, std::vector<std::size_t> const& cases) {
  Batch batch{launch, ranks, cases};
  batch.log = settings_.folder.log(launch, ranks);
  std::string launcher;
  try {
    launcher = launcher_for(ranks).name();
  } catch (Error const& error) {
    return fail_rest(batch, error.what());
  }
  note(LaunchStarted{launch, ranks, launcher, utc_now()});
  while (!batch.left.empty() && stop_.done) {
    if (!run_worker_once(batch)) return;
  }
}

/// One set of worker processes, until it ends or is ended. False when starting more of them is no use.
bool Supervisor::run_worker_once(Batch& batch) {
  batch.current.reset();
  batch.phase = "start";
  batch.began = false;
  batch.since = Clock::now();
  WorkerCall const call{settings_.program, settings_.folder.root, batch.launch, batch.ranks, batch.left};
  Child child(launcher_for(batch.ranks).command(call), batch.log, batch.log);
  std::optional<Ending> ending;
  while (!(ending = child.poll())) {
    follow(batch);
    if (int const signal = interrupt_signal()) {
      stop_ = {false, signal, {}};
      child.stop(settings_.grace_seconds);
      follow(batch);
      return false;
    }
    if (past_deadline(batch)) {
      child.stop(settings_.grace_seconds);
      follow(batch);
      blame(batch, CaseStatus::timed_out, fmt::format("still in phase '{}' at its deadline", batch.phase));
      return batch.barren_starts < 2;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  follow(batch);
  if (ending->exit_code == static_cast<int>(ExitCode::not_saved)) {
    auto const words = last_words(batch.log);  // on a full disk the log may be empty too
    auto const remedy = "free some space, then: muster collect " + settings_.folder.root.string();
    stop_ = {false, 0, words.empty() ? "a worker could not write its journal; " + remedy : words};
    return false;
  }
  if (!batch.left.empty()) blame(batch, CaseStatus::crashed, "the worker ended with " + ending->text());
  return batch.barren_starts < 2;
}

void Supervisor::follow(Batch& batch) {
  std::error_code error;  // a folder that cannot be read now is read again the next time round
  for (auto const& entry : fs::directory_iterator(settings_.folder.journals(), error)) {
    auto const name = entry.path().filename().string();
    if (!name.ends_with(".node.ndjson")) continue;
    auto const tail = tails_.try_emplace(name, entry.path()).first;
    for (auto const& event : tail->second.poll()) on_event(batch, event);
  }
}

void Supervisor::on_event(Batch& batch, Event const& event) {
  if (auto const* started = std::get_if<CaseStarted>(&event);
      started && started->case_index != batch.current) {
    batch.current = started->case_index;
    batch.phase = "set up";
    batch.ranks_recorded = 0;
    batch.began = true;
    batch.barren_starts = 0;
    batch.since = Clock::now();
  } else if (auto const* phase = std::get_if<PhaseStarted>(&event)) {
    batch.phase = phase->phase;
    // Set-up that reports progress is alive: only its silence counts against the deadline.
    if (phase->fraction >= 0) batch.since = Clock::now();
  } else if (auto const* record = std::get_if<CaseRecord>(&event)) {
    batch.ranks_recorded += static_cast<int>(record->ranks.size());
    if (batch.ranks_recorded >= batch.ranks) {
      std::erase(batch.left, record->case_index);
      batch.current.reset();
      batch.phase = "between cases";
      batch.since = Clock::now();
    }
  }
  listener_(event);
}

bool Supervisor::past_deadline(Batch const& batch) const {
  double const limit = batch.current ? plan_.cases[*batch.current].deadline_seconds : settings_.start_seconds;
  return Clock::now() - batch.since > std::chrono::duration<double>(limit);
}

/// The case at hand pays for the end of its worker. One that ended before it began any is tried once more.
void Supervisor::blame(Batch& batch, CaseStatus kind, std::string const& what) {
  auto const words = last_words(batch.log);
  auto const message =
      what + (words.empty() ? "" : "; it said: " + words) + "; its log: " + batch.log.string();
  if (!batch.began) {
    if (++batch.barren_starts >= 2) fail_rest(batch, "workers could not start twice in a row: " + message);
    return;
  }
  auto const index = batch.current.value_or(batch.left.front());
  std::erase(batch.left, index);
  note(CaseFailed{index,
                  {plan_.cases[index].name, batch.launch, "", -1, batch.phase, kind, message, utc_now()}});
}

void Supervisor::fail_rest(Batch& batch, std::string const& why) {
  for (auto const index : batch.left) {
    note(CaseFailed{
        index,
        {plan_.cases[index].name, batch.launch, "", -1, "start", CaseStatus::crashed, why, utc_now()}});
  }
  batch.left.clear();
}

}  // namespace muster
