// The threads of one rank on the host, one a CPU.
#pragma once
#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "harness/device/host/affinity.hpp"
#include "kernels/contract/device.hpp"

namespace muster {

/// Index 0 is the thread that calls run(), kept on the first CPU while the job runs; the others live as long
/// as the team, each pinned to its CPU. Between jobs a thread spins for some 20 microseconds, then sleeps.
class HostTeam final : public Team {
 public:
  /// One thread for each of `cpus` (not empty). Throws DeviceError when a thread cannot be pinned.
  explicit HostTeam(std::vector<int> cpus);
  ~HostTeam() override;
  HostTeam(HostTeam const&) = delete;
  HostTeam& operator=(HostTeam const&) = delete;

  int size() const override { return static_cast<int>(cpus_.size()); }
  /// Not from two threads at once, and not from inside a job.
  void run(std::function<void(int)> const& job) override;
  std::vector<int> const& cpus() const { return cpus_; }

 private:
  void serve(int index);
  bool wait_for(unsigned round);
  void finish();
  void stop();

  std::vector<int> cpus_;
  CpuSet first_;  ///< of the calling thread, while it works
  std::function<void(int)> const* job_ = nullptr;
  std::atomic<unsigned> round_ = 0;  ///< raised with every job
  std::atomic<int> busy_ = 0;        ///< workers still at the job
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::exception_ptr fault_;
  std::vector<std::thread> threads_;
};

}  // namespace muster
