// Which CPUs a thread may run on.
#pragma once
#include <vector>

namespace muster {

/// CPUs of the calling thread's affinity mask, ascending.
std::vector<int> current_cpus();

/// Lets the calling thread run on `cpus` only. Throws DeviceError when the system refuses (a CPU outside the
/// cpuset).
void run_on(std::vector<int> const& cpus);

/// run_on() for a scope; the mask from before comes back at its end.
class OnCpus {
 public:
  explicit OnCpus(std::vector<int> const& cpus);
  ~OnCpus();
  OnCpus(OnCpus const&) = delete;
  OnCpus& operator=(OnCpus const&) = delete;

 private:
  std::vector<int> before_;
};

}  // namespace muster
