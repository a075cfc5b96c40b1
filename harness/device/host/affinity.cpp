#include "harness/device/host/affinity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "kernels/contract/error.hpp"

namespace muster {

namespace {

// A CPU set of any size: machines with more CPUs than cpu_set_t holds exist.
class CpuSet {
 public:
  explicit CpuSet(int cpus)
      : bytes_(CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus))),
        set_(CPU_ALLOC(static_cast<std::size_t>(cpus))) {
    CPU_ZERO_S(bytes_, set_.get());
  }
  std::size_t bytes() const { return bytes_; }
  cpu_set_t* get() { return set_.get(); }

 private:
  struct Free {
    void operator()(cpu_set_t* set) const { CPU_FREE(set); }
  };
  std::size_t bytes_;
  std::unique_ptr<cpu_set_t, Free> set_;
};

constexpr int most_cpus = 8192;

}  // namespace

std::vector<int> current_cpus() {
  CpuSet set(most_cpus);
  if (sched_getaffinity(0, set.bytes(), set.get()) != 0) {
    throw DeviceError(
        fmt::format("the CPUs of this process cannot be read ({}) check its sandbox", std::strerror(errno)));
  }
  std::vector<int> cpus;
  for (std::size_t cpu = 0; cpu < most_cpus; ++cpu) {
    if (CPU_ISSET_S(cpu, set.bytes(), set.get())) cpus.push_back(static_cast<int>(cpu));
  }
  return cpus;
}

void run_on(std::vector<int> const& cpus) {
  CpuSet set(most_cpus);
  for (int const cpu : cpus) {
    if (cpu >= 0 && cpu < most_cpus) CPU_SET_S(static_cast<std::size_t>(cpu), set.bytes(), set.get());
  }
  if (sched_setaffinity(0, set.bytes(), set.get()) != 0) {
    throw DeviceError(
        fmt::format("a thread cannot be kept on CPUs {} ({}) use CPUs that this process may run on",
                    fmt::join(cpus, ","), std::strerror(errno)));
  }
}

OnCpus::OnCpus(std::vector<int> const& cpus) : before_(current_cpus()) {
  if (before_ == cpus) {
    before_.clear();
  } else {
    run_on(cpus);
  }
}

OnCpus::~OnCpus() {
  if (before_.empty()) return;
  try {
    run_on(before_);
  } catch (std::exception const& error) {  // the cpuset was changed from outside; the narrower mask stays
    fmt::print(stderr, "muster: {}\n", error.what());
  }
}

}  // namespace muster
