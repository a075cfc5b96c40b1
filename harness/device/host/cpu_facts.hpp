// What the CPU says of itself.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace muster {

std::string
cpu_model();  ///< "AMD EPYC 7763 64-Core Processor"; the architecture's name where the kernel does not say
/// Mean of the current clocks of `cpus` in Hz (cpufreq's scaling_cur_freq), of eight of them where they are
/// more: asking may interrupt the CPU that is asked. Absent in most virtual machines.
std::optional<double> cpu_clock_hz(std::vector<int> const& cpus);
std::string cpu_governor(int cpu);  ///< "performance"; "" where there is no cpufreq

}  // namespace muster
