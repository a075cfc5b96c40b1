#include "harness/measure/monitor.hpp"

#include <condition_variable>
#include <exception>
#include <utility>

namespace muster {
namespace {

constexpr auto usual_pause = std::chrono::milliseconds(50);
constexpr auto slow_pause = std::chrono::milliseconds(100);
constexpr auto slow_look = std::chrono::milliseconds(2);

}  // namespace

Monitor::Monitor(Device& device, Clock::time_point begin)
    : device_(device), begin_(begin), thread_([this](std::stop_token const& stop) { watch(stop); }) {}

Monitor::~Monitor() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

bool Monitor::look() {
  try {
    auto const now = Clock::now();
    Reading reading{std::chrono::duration<double>(now - begin_).count(), device_.pulse()};
    if (reading.state.says_nothing()) return false;
    std::lock_guard const lock(mutex_);
    log_.readings.push_back(std::move(reading));
    return true;
  } catch (std::exception const& error) {
    std::lock_guard const lock(mutex_);
    log_.fault = error.what();
    return false;
  }
}

void Monitor::watch(std::stop_token const& stop) {
  std::mutex waiting;
  std::condition_variable_any bell;
  while (!stop.stop_requested()) {
    auto const start = Clock::now();
    if (!look()) return;
    bool const slow = Clock::now() - start > slow_look;
    std::unique_lock lock(waiting);
    bell.wait_until(lock, stop, start + (slow ? slow_pause : usual_pause), [] { return false; });
  }
}

Monitor::Log Monitor::take() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  if (log_.fault.empty()) (void)look();  // what it has to say of a fault is in the log
  return std::move(log_);
}

}  // namespace muster
