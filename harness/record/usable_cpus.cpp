// How much CPU this process may use: its affinity mask, and its control group's quota (version 2 and version
// 1).
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <sstream>

#include "harness/record/environment_parts.hpp"

namespace muster {
namespace {

namespace fs = std::filesystem;

std::optional<double> ratio(std::optional<std::int64_t> quota, std::optional<std::int64_t> period) {
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;  // "max", or -1: no limit
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::optional<double> quota_in_v2(fs::path const& folder) {
  std::istringstream words(first_line(folder / "cpu.max"));  // "200000 100000" or "max 100000"
  std::int64_t quota = 0, period = 0;
  if (!(words >> quota >> period)) return std::nullopt;
  return ratio(quota, period);
}

std::optional<double> quota_in_v1(fs::path const& folder) {
  return ratio(number_in(folder / "cpu.cfs_quota_us"), number_in(folder / "cpu.cfs_period_us"));
}

bool has_word(std::string const& list, std::string const& word) {
  return ("," + list + ",").find("," + word + ",") != std::string::npos;
}

/// The group of this process: third field of "4:cpu,cpuacct:/job7"; version 2 has no controllers
/// ("0::/job7").
std::optional<std::string> group_path(Roots const& roots, bool version_2) {
  std::istringstream lines(file_text(roots.proc / "self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    auto const first = line.find(':');
    auto const second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    std::string const controllers = line.substr(first + 1, second - first - 1);
    if (version_2 ? controllers.empty() : has_word(controllers, "cpu")) return line.substr(second + 1);
  }
  return std::nullopt;
}

/// Mount tables speak of the real /sys; tests have theirs elsewhere.
fs::path rooted(std::string const& point, Roots const& roots) {
  return point.starts_with("/sys/") ? roots.sys / point.substr(5) : fs::path(point);
}

/// The smallest quota from the group up to the mount point. In a container the mount may show only part of
/// the tree.
std::optional<double> smallest_quota(Mount const& mount, std::string group, Roots const& roots,
                                     auto quota_in) {
  if (mount.root != "/" && group.starts_with(mount.root)) group.erase(0, mount.root.size());
  fs::path const top = rooted(mount.point, roots);
  std::optional<double> smallest;
  for (fs::path below = fs::path(group).relative_path();; below = below.parent_path()) {
    if (auto const quota = quota_in(top / below)) smallest = std::min(smallest.value_or(*quota), *quota);
    if (below.empty()) return smallest;
  }
}

}  // namespace

std::optional<double> quota_cpus(Roots const& roots) {
  for (Mount const& mount : mounts(roots)) {
    bool const version_2 = mount.filesystem == "cgroup2";
    bool const version_1 = mount.filesystem == "cgroup" && has_word(mount.options, "cpu");
    if (!version_2 && !version_1) continue;
    auto const group = group_path(roots, version_2);
    if (!group) continue;
    auto const quota = version_2 ? smallest_quota(mount, *group, roots, quota_in_v2)
                                 : smallest_quota(mount, *group, roots, quota_in_v1);
    if (quota) return quota;
  }
  return std::nullopt;
}

std::vector<int> usable_cpus() {
  for (int count = 1024;; count *= 2) {  // the kernel refuses a mask shorter than its own
    cpu_set_t* const mask = CPU_ALLOC(static_cast<std::size_t>(count));
    std::size_t const bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(count));
    int const failed = ::sched_getaffinity(0, bytes, mask) == 0 ? 0 : errno;
    std::vector<int> cpus;
    for (int cpu = 0; failed == 0 && cpu < count; ++cpu) {
      if (CPU_ISSET_S(static_cast<std::size_t>(cpu), bytes, mask)) cpus.push_back(cpu);
    }
    CPU_FREE(mask);
    if (failed == 0) return cpus;
    if (failed != EINVAL || count > (1 << 20)) return {0};
  }
}

int usable_cores(Roots const& roots) {
  int const affinity = std::max(1, static_cast<int>(usable_cpus().size()));
  auto const quota = quota_cpus(roots);
  if (!quota || *quota >= affinity) return affinity;
  return std::max(1,
                  static_cast<int>(std::floor(*quota)));  // half a CPU more would stall a thread of the team
}

}  // namespace muster
