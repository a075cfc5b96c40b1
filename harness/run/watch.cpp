#include "harness/run/watch.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "harness/record/environment_parts.hpp"
#include "harness/record/stands.hpp"

namespace muster {
namespace {

// A rank that was itself stopped and goes on must not take the time in between for its own.
constexpr double most_per_look = 1.0;
// After the grace the kernel ends what the watch itself cannot: its last words may wait for a dead file
// system.
constexpr double last_resort = 10;

sigset_t question() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  return set;
}

timespec timespec_of(double seconds) {
  auto const whole = static_cast<time_t>(seconds);
  return {whole, static_cast<long>((seconds - static_cast<double>(whole)) * 1e9)};
}

std::string words(Stand const& stand) {
  auto const what = stand.call.empty()
                        ? fmt::format("outside of group calls (after call {})", stand.steps / 2)
                        : fmt::format("in {} (group call {})", stand.call, (stand.steps + 1) / 2);
  return fmt::format("rank {} on {}: {:.1f} s {}, phase '{}'{}{}\n", stand.rank, stand.node, stand.seconds,
                     what, stand.phase, stand.case_name.empty() ? "" : " of ", stand.case_name);
}

/// Past the C library's stream, whose lock a hanging thread may hold.
void say_unlocked(std::string const& text) {
  if (::write(STDERR_FILENO, text.data(), text.size()) < 0) return;  // then the file of stands has it
}

}  // namespace

Watch::Watch(WatchSettings settings)
    : settings_(std::move(settings)), main_(gettid()), rank_(settings_.rank), looked_(Clock::now()) {
  auto const set = question();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { watch(); });
}

Watch::~Watch() {
  stop_ = true;
  thread_.join();
}

void Watch::identify(int rank) {
  std::lock_guard const lock(placing_);
  rank_ = rank;
}

void Watch::place(std::string const& case_name, std::string const& phase_name, double limit) {
  std::lock_guard const lock(placing_);
  case_ = case_name;
  phase_ = phase_name;
  limit_ = limit;
  ++places_;
}

void Watch::phase(std::string const& phase_name, double limit) {
  std::lock_guard const lock(placing_);
  phase_ = phase_name;
  limit_ = limit;
  ++places_;
}

void Watch::watch() {
  while (!stop_) {
    bool const question = asked(settings_.tick);
    look();
    if (question) tell(false);
    if (expired()) return expire();
  }
}

/// Waits for SIGUSR1, no longer than that.
bool Watch::asked(std::chrono::duration<double> within) const {
  auto const set = question();
  auto const limit = timespec_of(within.count());
  return sigtimedwait(&set, nullptr, &limit) == SIGUSR1;
}

Watch::Position Watch::position() const {
  auto const* track = track_.load(std::memory_order_acquire);
  return {track, track->steps.load(std::memory_order_relaxed), places_.load()};
}

void Watch::look() {
  auto const now = Clock::now();
  double const passed = std::chrono::duration<double>(now - std::exchange(looked_, now)).count();
  auto const here = position();
  if (here == last_) {
    still_ += std::min(passed, most_per_look);
    ++looks_;
    looks_running_ += main_thread_runs() ? 1 : 0;
    return;
  }
  last_ = here;
  still_ = 0;
  looks_ = looks_running_ = 0;
}

bool Watch::expired() {
  std::lock_guard const lock(placing_);
  bool const of_this_place = places_ == last_.places;  // the time before belongs to another limit
  return of_this_place && limit_ > 0 && still_ >= limit_;
}

void Watch::expire() {
  alarm(static_cast<unsigned>(settings_.grace.count() + last_resort));
  tell(true);
  auto const until = Clock::now() + std::chrono::duration_cast<Clock::duration>(settings_.grace);
  for (auto left = until - Clock::now(); left.count() > 0 && !stop_; left = until - Clock::now()) {
    if (asked(std::min<std::chrono::duration<double>>(left, settings_.tick))) tell(true);
  }
  settings_.end();
  alarm(0);
}

void Watch::tell(bool expired) {
  auto here = stand();
  here.expired = expired;
  bool const written = append_stand(settings_.folder, here);
  say_unlocked(words(here));
  if (!written) say_unlocked("  (the run folder did not take that)\n");
}

Stand Watch::stand() {
  Stand stand;
  auto const* track = track_.load(std::memory_order_acquire);
  auto const* call = call_.load(std::memory_order_relaxed);
  stand.launch = settings_.launch;
  stand.node = settings_.node;
  stand.call = call ? call : "";
  if (call) stand.part = track->part;
  stand.steps = world_.steps.load(std::memory_order_relaxed);
  if (!stand.part.empty()) stand.part_steps = track->steps.load(std::memory_order_relaxed);
  stand.seconds = still_;
  stand.busy = looks_ > 0 ? static_cast<double>(looks_running_) / looks_ : 1.0;
  std::lock_guard const lock(placing_);
  stand.rank = rank_;
  stand.case_name = case_;
  stand.phase = phase_;
  return stand;
}

/// Running, or ready to where others have the CPUs: time on a CPU would not tell those from sleeping ones.
bool Watch::main_thread_runs() const {
  auto const stat = first_line(fmt::format("/proc/self/task/{}/stat", main_));
  auto const name_end = stat.rfind(')');  // "4711 (muster) R 4700 ..."
  return name_end != stat.npos && stat.compare(name_end, 3, ") R") == 0;
}

}  // namespace muster
