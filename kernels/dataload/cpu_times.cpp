#include "kernels/dataload/cpu_times.hpp"

#include <pthread.h>
#include <time.h>

namespace muster::dataload {
namespace {

/// 0 for a clock that cannot be read: its thread has ended.
double seconds_of(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

CpuTimes& CpuTimes::operator+=(CpuTimes const& other) {
  all += other.all;
  workers += other.workers;
  consumer += other.consumer;
  return *this;
}

CpuTimes CpuTimes::operator-(CpuTimes const& other) const {
  return {all - other.all, workers - other.workers, consumer - other.consumer};
}

CpuTimes cpu_times(std::span<std::thread> workers) {
  CpuTimes times{seconds_of(CLOCK_PROCESS_CPUTIME_ID), 0, seconds_of(CLOCK_THREAD_CPUTIME_ID)};
  for (auto& worker : workers) {
    clockid_t clock{};
    if (pthread_getcpuclockid(worker.native_handle(), &clock) == 0) times.workers += seconds_of(clock);
  }
  return times;
}

}  // namespace muster::dataload
