// Which CPUs a thread may run on.
#pragma once
#include <sched.h>

#include <array>
#include <cstddef>
#include <vector>

namespace muster {

/// CPUs of the calling thread's affinity mask, ascending.
std::vector<int> current_cpus();

/// Lets the calling thread run on `cpus` only. Throws DeviceError when the system refuses (a CPU outside the
/// cpuset).
void run_on(std::vector<int> const& cpus);

/// A set of CPUs that takes no memory from the heap.
class CpuSet {
 public:
  static constexpr int most_cpus = 8192;  ///< machines with more CPUs than one cpu_set_t holds exist

  CpuSet() = default;
  explicit CpuSet(std::vector<int> const& cpus);
  /// Of the calling thread. Throws DeviceError.
  static CpuSet current();
  /// Throws DeviceError when the system refuses.
  void apply() const;
  std::vector<int> cpus() const;
  bool operator==(CpuSet const& other) const;

 private:
  std::array<cpu_set_t, most_cpus / CPU_SETSIZE> sets_{};
};

/// run_on() for a scope; the mask from before comes back at its end. Allocates nothing when made of a set.
class OnCpus {
 public:
  explicit OnCpus(CpuSet const& cpus);
  explicit OnCpus(std::vector<int> const& cpus) : OnCpus(CpuSet(cpus)) {}
  ~OnCpus();
  OnCpus(OnCpus const&) = delete;
  OnCpus& operator=(OnCpus const&) = delete;

 private:
  CpuSet before_;
  bool changed_;
};

}  // namespace muster
