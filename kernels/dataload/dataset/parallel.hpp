// Tasks dealt out to threads.
#pragma once
#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace muster::dataload {

/// Calls job(task, thread) for the tasks 0..count-1, in order, on up to `threads` threads. The first
/// exception keeps further tasks from beginning and is thrown here once all threads have ended.
inline void in_parallel(std::uint64_t count, int threads,
                        std::function<void(std::uint64_t task, int thread)> const& job) {
  std::atomic<std::uint64_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  auto const work = [&](int thread) {
    try {
      for (std::uint64_t task = next++; task < count; task = next++) job(task, thread);
    } catch (...) {  // thrown again below
      std::lock_guard const lock(mutex);
      if (!failure) failure = std::current_exception();
      next = count;
    }
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads && static_cast<std::uint64_t>(thread) < count; ++thread)
    others.emplace_back(work, thread);
  work(0);
  for (auto& other : others) other.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace muster::dataload
