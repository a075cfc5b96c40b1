#include "harness/device/host/cpu_facts.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <cstddef>
#include <fstream>

namespace muster {

namespace {

std::ifstream cpufreq(int cpu, char const* file) {
  return std::ifstream("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cpufreq/" + file);
}

}  // namespace

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    auto const colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  utsname system{};
  return uname(&system) == 0 ? system.machine : "unknown CPU";
}

std::optional<double> cpu_clock_hz(std::vector<int> const& cpus) {
  auto const asked = std::min<std::size_t>(cpus.size(), 8);
  double total = 0;
  for (std::size_t i = 0; i < asked; ++i) {
    double kilohertz = 0;
    if (!(cpufreq(cpus[i * cpus.size() / asked], "scaling_cur_freq") >> kilohertz)) return std::nullopt;
    total += kilohertz * 1e3;
  }
  if (asked == 0) return std::nullopt;
  return total / static_cast<double>(asked);
}

std::string cpu_governor(int cpu) {
  std::string governor;
  cpufreq(cpu, "scaling_governor") >> governor;
  return governor;
}

}  // namespace muster
