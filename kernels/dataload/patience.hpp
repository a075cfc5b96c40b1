// Waiting for threads that go on until their queues are full.
#pragma once
#include <chrono>
#include <thread>

namespace muster::dataload {

/// Returns when `reached()`, looked at every millisecond, or after a minute: a thread that has failed tells
/// whoever asks for its next batch, and slow storage is not waited for for ever.
template <class Reached>
void wait_until(Reached&& reached) {
  auto const latest = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!reached() && std::chrono::steady_clock::now() < latest)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace muster::dataload
