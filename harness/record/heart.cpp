#include "harness/record/heart.hpp"

#include <chrono>

#include "harness/core/error.hpp"
#include "harness/record/environment.hpp"

namespace muster {

Heart::Heart(JournalWriter& journal, std::string node, double seconds)
    : journal_(journal), node_(std::move(node)), seconds_(seconds), thread_([this] { beat(); }) {}

Heart::~Heart() {
  {
    std::lock_guard const lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Heart::beat() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::duration<double>(seconds_), [this] { return stop_; })) {
    try {
      journal_.append(Heartbeat{node_, utc_now()});
    } catch (Error const&) {
      continue;  // see the class: this one beat is lost
    }
  }
}

}  // namespace muster
