#include "harness/device/host/host_team.hpp"

#include <chrono>
#include <utility>

namespace muster {

namespace {

// Calls `ready` for some 20 microseconds at most; true as soon as it is.
template <class Ready>
bool spin_until(Ready const& ready) {
  using Clock = std::chrono::steady_clock;
  auto const end = Clock::now() + std::chrono::microseconds(20);
  do {
    for (int i = 0; i < 64; ++i) {
      if (ready()) return true;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  } while (Clock::now() < end);
  return false;
}

}  // namespace

HostTeam::HostTeam(std::vector<int> cpus) : cpus_(std::move(cpus)), first_({cpus_.front()}) {
  busy_ = size() - 1;
  try {
    for (int index = 1; index < size(); ++index) threads_.emplace_back([this, index] { serve(index); });
  } catch (...) {
    stop();
    throw;
  }
  finish();  // until every thread is pinned, or has said why it cannot be
  if (fault_) {
    stop();
    std::rethrow_exception(fault_);
  }
}

HostTeam::~HostTeam() { stop(); }

void HostTeam::stop() {
  {
    std::lock_guard const lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void HostTeam::serve(int index) {
  bool pinned = false;
  unsigned round = 0;
  do {
    try {
      if (pinned) {
        (*job_)(index);
      } else {
        run_on({cpus_[static_cast<std::size_t>(index)]});
        pinned = true;
      }
    } catch (...) {
      std::lock_guard const lock(mutex_);
      if (!fault_) fault_ = std::current_exception();
    }
    if (busy_.fetch_sub(1) == 1) {
      std::lock_guard const lock(mutex_);
      done_.notify_one();
    }
  } while (wait_for(++round));
}

// The next job, or the end (false).
bool HostTeam::wait_for(unsigned round) {
  auto const ready = [&] { return round_ == round || ending_; };
  if (!spin_until(ready)) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, ready);
  }
  return !ending_;
}

void HostTeam::finish() {
  auto const ready = [&] { return busy_ == 0; };
  if (spin_until(ready)) return;
  std::unique_lock lock(mutex_);
  done_.wait(lock, ready);
}

void HostTeam::run(std::function<void(int)> const& job) {
  OnCpus const on_first(first_);
  fault_ = nullptr;
  job_ = &job;
  busy_ = size() - 1;
  {
    std::lock_guard const lock(mutex_);
    ++round_;
  }
  if (size() > 1) wake_.notify_all();
  std::exception_ptr own;
  try {
    job(0);
  } catch (...) {
    own = std::current_exception();
  }
  finish();
  if (own) std::rethrow_exception(own);
  if (fault_) std::rethrow_exception(fault_);
}

}  // namespace muster
