// CPU time of threads, as the kernel counts it.
#pragma once
#include <span>
#include <thread>

namespace muster::dataload {

/// CPU seconds up to now; the difference of two readings is that of the time between.
struct CpuTimes {
  double all = 0;       ///< of every thread of the process
  double workers = 0;   ///< of the threads named
  double consumer = 0;  ///< of the thread that asks

  CpuTimes& operator+=(CpuTimes const& other);
  CpuTimes operator-(CpuTimes const& other) const;
};

/// `workers` are running. About a microsecond a thread: once a batch, not once a picture.
CpuTimes cpu_times(std::span<std::thread> workers);

}  // namespace muster::dataload
