#include "harness/device/host/affinity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cstring>
#include <exception>

#include "kernels/contract/error.hpp"

namespace muster {

CpuSet::CpuSet(std::vector<int> const& cpus) {
  for (int const cpu : cpus) {
    if (cpu >= 0 && cpu < most_cpus) CPU_SET_S(static_cast<std::size_t>(cpu), sizeof sets_, sets_.data());
  }
}

CpuSet CpuSet::current() {
  CpuSet set;
  if (sched_getaffinity(0, sizeof set.sets_, set.sets_.data()) != 0) {
    throw DeviceError(
        fmt::format("the CPUs of this process cannot be read ({}) check its sandbox", std::strerror(errno)));
  }
  return set;
}

void CpuSet::apply() const {
  if (sched_setaffinity(0, sizeof sets_, sets_.data()) != 0) {
    throw DeviceError(
        fmt::format("a thread cannot be kept on CPUs {} ({}) use CPUs that this process may run on",
                    fmt::join(cpus(), ","), std::strerror(errno)));
  }
}

std::vector<int> CpuSet::cpus() const {
  std::vector<int> list;
  for (std::size_t cpu = 0; cpu < most_cpus; ++cpu) {
    if (CPU_ISSET_S(cpu, sizeof sets_, sets_.data())) list.push_back(static_cast<int>(cpu));
  }
  return list;
}

bool CpuSet::operator==(CpuSet const& other) const {
  return CPU_EQUAL_S(sizeof sets_, sets_.data(), other.sets_.data());
}

std::vector<int> current_cpus() { return CpuSet::current().cpus(); }

void run_on(std::vector<int> const& cpus) { CpuSet(cpus).apply(); }

OnCpus::OnCpus(CpuSet const& cpus) : before_(CpuSet::current()), changed_(!(before_ == cpus)) {
  if (changed_) cpus.apply();
}

OnCpus::~OnCpus() {
  if (!changed_) return;
  try {
    before_.apply();
  } catch (std::exception const& error) {  // the cpuset was changed from outside; the narrower mask stays
    fmt::print(stderr, "muster: {}\n", error.what());
  }
}

}  // namespace muster
