#include "harness/launch/journal_follower.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

#include "harness/core/files.hpp"
#include "harness/launch/interrupt.hpp"
#include "harness/record/run_lock.hpp"

namespace muster {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

}  // namespace

template <class F>
void JournalFollower::each(F const& use) {
  for (auto const& folder : folders_) {
    for (auto const& journal : entries_of(folder)) {
      auto const name = journal.filename().string();
      if (wanted_(name)) use(name, tails_.try_emplace(journal, journal).first->second);
    }
  }
}

void JournalFollower::skip() {
  each([](std::string const&, JournalTail& tail) { tail.skip(); });
}

void JournalFollower::follow(Hear const& hear) {
  auto const begin = Clock::now();
  each([&](std::string const& name, JournalTail& tail) {
    for (auto const& event : tail.poll()) hear(name, event);
  });
  look_seconds_ = Seconds(Clock::now() - begin).count();
}

void JournalFollower::pause() const {
  // Hundreds of journals on a shared folder must not keep a core (and their server) busy.
  std::this_thread::sleep_for(Seconds(std::clamp(10 * look_seconds_, 0.01, 1.0)));
}

void JournalFollower::follow_late_words(double seconds, std::function<bool()> const& all_there,
                                        Hear const& hear) {
  auto const until = Clock::now() + Seconds(seconds);
  for (follow(hear); !all_there() && interrupt_signal() == 0 && Clock::now() < until; follow(hear)) {
    std::this_thread::sleep_for(Seconds(0.05));
    for (auto const& folder : folders_)
      file_system_time(folder);  // a file made there renews what NFS knows of it
  }
}

}  // namespace muster
